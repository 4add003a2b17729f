// The forms in which programs compute functions.
#pragma once

#include <span>

#include <wengert/proof/stable.hpp>

namespace wengert {

// Puts nodes into forms that round well, where there are any: what is small must be proved equal. What the forms take out of
// exponents counts as constant until `out` puts it back, so that they may be differentiated before.
void make_stable(tape& t, std::span<node_id> nodes, shifts& out);
// Such a form of one node, all put back.
node_id stable_form(tape& t, node_id n);

}  // namespace wengert
