From Wengert Require Import Functions Rules Ring.
Print Assumptions rules_sound.
Print Assumptions d_un_ok.
Print Assumptions solve_ok.
Print Assumptions npoly_ok.
