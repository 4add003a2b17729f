// wengert-check: reads a certificate, rechecks every step, and says what it has established.
#pragma once

#include <string>
#include <string_view>

namespace checker {

// Whether every step of the certificate holds. `report` becomes the theorem that was established, in plain notation, or the first
// bad line and why it is bad.
bool check_certificate(std::string_view text, std::string& report);

}  // namespace checker
