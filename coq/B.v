From Wengert Require Import Kernel.
Print Assumptions check_sound.
