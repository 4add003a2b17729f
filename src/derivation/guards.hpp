// Choices whose branches are undefined elsewhere: if(x > 0, log(x), 0).
#pragma once

#include <wengert/proof/prover.hpp>

namespace wengert {

// f with the operations in branches of choices defined everywhere: log(x) there is log(if(x > 0, x, 1)), which is the same where
// the branch is taken. So each branch is differentiated under the comparison that leads to it. And that f is equal to it.
normal with_guards(prover& with, node_id f);

// The same with each choice made that a choice around it decides: if(x > 0, log(if(x > 0, x, 1)), 0) is if(x > 0, log(x), 0).
normal with_choices_decided(prover& with, node_id f);

}  // namespace wengert
