// The values of --at: 'x=1.5, z=[0.1,0.2], W=[[1,2],[3,4]], y=pi/2'.
#pragma once

#include <string_view>

#include <wengert/derivation/commands.hpp>

namespace wengert::cli {

// Adds the values that `text` names to `to`. A value is a constant expression, a list of them, or a list of rows. Throws error
// V10 where the text has another form, V11 where a name has two values, V03 where rows differ in length, V12 where a value is no
// finite number.
void add_values(point& to, std::string_view text);

// The value of a constant expression, such as pi/2.
double constant_value(std::string_view text);

// One name more. Throws error V11 if it is there already.
void add_value(point& to, std::string_view name, array value);

// Rows of equal length as one array. Throws error V03.
array stack_rows(std::string_view name, const std::vector<array>& rows);

}  // namespace wengert::cli
