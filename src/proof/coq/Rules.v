(* The identities between functions: both sides and the conditions as templates, for a rational parameter c where a rule has one. A
   constructor is the name of a row of `wengert rules`, with _ in the place of -. *)
From Coq Require Import Reals Lra Lia Arith PArith List ZArith QArith Qreals Bool.
From Coquelicot Require Import Coquelicot.
From Wengert Require Import Sums Functions.
Import ListNotations.
Open Scope R_scope.
Inductive rule := exp_sum | exp_multiple | exp_log | exp_zero | log_exp | log_one | log_product | log_power | log2_log | log10_log | log1p_log | expm1_exp
  | pow_exp | pow_shift | pow_shift_nonzero | pow_multiple | pow_multiple_nonzero | pow_multiple_positive | alternating_square | xlogy_log | xlogy_factor | even_root | abs_square | abs_nonnegative | abs_nonpositive | abs_product | abs_negative | sign_positive | sign_negative | sign_quotient | sign_odd
  | max_abs | min_abs | step_sign | equal_nowhere | cbrt_root | hypot_root | tan_quotient | cot_quotient | sec_quotient | csc_quotient
  | sin_square | sin_odd | cos_even | sin_sum | cos_sum | sin_zero | cos_zero | atan_odd
  | sinh_exp | cosh_exp | tanh_exp | coth_exp | sech_exp | csch_exp | asinh_log | acosh_log | atanh_log | acoth_atanh | asech_acosh | acsch_asinh
  | acot_atan | asec_acos | acsc_asin | erfc_erf
  | log_even_power | abs_power | cbrt_cube | cbrt_product | cbrt_power | asin_odd | acos_asin | sin_asin | cos_asin | sin_atan | cos_atan | erf_odd | erf_zero
  | sin_pi | cos_pi | sin_pi_2 | cos_pi_2 | sin_pi_3 | cos_pi_3 | sin_pi_4 | cos_pi_4 | sin_pi_6 | cos_pi_6 | floor_sum | floor_integer | ceil_floor
  | less_square | equal_square.
(* less_square and equal_square, of what is 1 or 0, stand for what `ring` does with choices; pow_multiple_positive for pow_multiple *)
Notation one := (num 1).
Notation quot a b := (TMul a (rcp b)).
Notation minus a b := (TAdd a (neg b)).
Record row := Row { left_of : tm; right_of : tm; where_of : conds }.
Definition q_whole (c : Q) := Pos.eqb (Qden c) 1.
(* a power, which is written as its base where the exponent is 1 *)
Definition powered (t : tm) (q : Q) : tm := if Z.eqb (Qnum q) 1 && Pos.eqb (Qden q) 1 then t else TPow t q.
(* the row for the parameter c, if the rule may be used with it *)
Definition row_of (r : rule) (c : Q) : option row := let X := TX in let Y := TY in match r with
  | exp_sum => Some (Row (T1 Uexp (TAdd X Y)) (TMul (T1 Uexp X) (T1 Uexp Y)) [])
  | exp_multiple => Some (Row (T1 Uexp (TMul (TC c) X)) (TPow (T1 Uexp X) c) [])
  | exp_log => Some (Row (T1 Uexp (T1 Ulog X)) X [(Pos, X)])
  | exp_zero => Some (Row (T1 Uexp (num 0)) one [])
  | log_exp => Some (Row (T1 Ulog (T1 Uexp X)) X [])
  | log_one => Some (Row (T1 Ulog one) (num 0) [])
  | log_product => Some (Row (T1 Ulog (TMul X Y)) (TAdd (T1 Ulog X) (T1 Ulog Y)) [(Pos, X); (Pos, Y)])
  | log_power => Some (Row (T1 Ulog (TPow X c)) (TMul (TC c) (T1 Ulog X)) [(Pos, X)])
  | log2_log => Some (Row (T1 Ulog2 X) (quot (T1 Ulog X) (T1 Ulog (num 2))) [(Pos, X)])
  | log10_log => Some (Row (T1 Ulog10 X) (quot (T1 Ulog X) (T1 Ulog (num 10))) [(Pos, X)])
  | log1p_log => Some (Row (T1 Ulog1p X) (T1 Ulog (TAdd one X)) [(Pos, TAdd one X)])
  | expm1_exp => Some (Row (T1 Uexpm1 X) (TAdd (T1 Uexp X) (num (-1))) [])
  | pow_exp => Some (Row (T2 Bpow X Y) (T1 Uexp (TMul Y (T1 Ulog X))) [(Pos, X)])
  | pow_shift => if q_whole c && Z.leb 0 (Qnum c) then Some (Row (T2 Bpow X (TAdd Y (TC c))) (TMul (T2 Bpow X Y) (powered X c)) [(Nonneg, Y); (Integer, Y)]) else None
  | pow_shift_nonzero => if q_whole c then Some (Row (T2 Bpow X (TAdd Y (TC c))) (TMul (T2 Bpow X Y) (powered X c)) [(Nonzero, X)]) else None
  | pow_multiple => if q_whole c && Z.leb 0 (Qnum c) then Some (Row (T2 Bpow X (TMul (TC c) Y)) (powered (T2 Bpow X Y) c) [(Nonneg, Y); (Integer, Y)]) else None
  | pow_multiple_nonzero => if q_whole c then Some (Row (T2 Bpow X (TMul (TC c) Y)) (powered (T2 Bpow X Y) c) [(Nonzero, X); (Integer, Y)]) else None
  | pow_multiple_positive => if q_whole c then Some (Row (T2 Bpow X (TMul (TC c) Y)) (powered (T2 Bpow X Y) c) [(Pos, X)]) else None
  | alternating_square => Some (Row (sq (T2 Bpow (num (-1)) X)) one [(Integer, X)])
  | xlogy_log => Some (Row (T2 Bxlogy X Y) (TMul X (T1 Ulog Y)) [(Pos, Y)])
  | xlogy_factor => Some (Row (T2 Bxlogy X (TMul X Y)) (TAdd (T2 Bxlogy X X) (T2 Bxlogy X Y)) [(Nonneg, X); (Pos, Y)])
  | even_root => Some (Row (TPow (sq X) c) (powered (T1 Uabs X) (Qred ((2 # 1) * c))) [])
  | abs_square => Some (Row (sq (T1 Uabs X)) (sq X) [])
  | abs_nonnegative => Some (Row (T1 Uabs X) X [(Nonneg, X)])
  | abs_nonpositive => Some (Row (T1 Uabs X) (neg X) [(Nonneg, neg X)])
  | abs_product => Some (Row (T1 Uabs (TMul X Y)) (TMul (T1 Uabs X) (T1 Uabs Y)) [])
  | abs_negative => Some (Row (T1 Uabs (neg X)) (T1 Uabs X) [])
  | sign_positive => Some (Row (T1 Usign X) one [(Pos, X)])
  | sign_negative => Some (Row (T1 Usign X) (num (-1)) [(Pos, neg X)])
  | sign_odd => Some (Row (T1 Usign (neg X)) (neg (T1 Usign X)) [])
  | sign_quotient => Some (Row (T1 Usign X) (quot (T1 Uabs X) X) [(Nonzero, X)])
  | max_abs => Some (Row (T2 Bmax X Y) (half (TAdd (TAdd X Y) (T1 Uabs (minus X Y)))) [])
  | min_abs => Some (Row (T2 Bmin X Y) (half (minus (TAdd X Y) (T1 Uabs (minus X Y)))) [])
  | step_sign => Some (Row (step_lt X Y) (half (TAdd one (T1 Usign (minus Y X)))) [(Nonzero, minus Y X)])
  | equal_nowhere => Some (Row (TSel Ceq' X Y one (num 0)) (num 0) [(Nonzero, minus X Y)])
  | cbrt_root => Some (Row (T1 Ucbrt X) (TPow X (1 # 3)) [(Pos, X)])
  | hypot_root => Some (Row (T2 Bhypot X Y) (TPow (TAdd (sq X) (sq Y)) (1 # 2)) [])
  | tan_quotient => Some (Row (T1 Utan X) (quot (T1 Usin X) (T1 Ucos X)) [(Nonzero, T1 Ucos X)])
  | cot_quotient => Some (Row (T1 Ucot X) (quot (T1 Ucos X) (T1 Usin X)) [(Nonzero, T1 Usin X)])
  | sec_quotient => Some (Row (T1 Usec X) (rcp (T1 Ucos X)) [(Nonzero, T1 Ucos X)])
  | csc_quotient => Some (Row (T1 Ucsc X) (rcp (T1 Usin X)) [(Nonzero, T1 Usin X)])
  | sin_square => Some (Row (sq (T1 Usin X)) (minus one (sq (T1 Ucos X))) [])
  | sin_odd => Some (Row (T1 Usin (neg X)) (neg (T1 Usin X)) [])
  | cos_even => Some (Row (T1 Ucos (neg X)) (T1 Ucos X) [])
  | sin_sum => Some (Row (T1 Usin (TAdd X Y)) (TAdd (TMul (T1 Usin X) (T1 Ucos Y)) (TMul (T1 Ucos X) (T1 Usin Y))) [])
  | cos_sum => Some (Row (T1 Ucos (TAdd X Y)) (minus (TMul (T1 Ucos X) (T1 Ucos Y)) (TMul (T1 Usin X) (T1 Usin Y))) [])
  | sin_zero => Some (Row (T1 Usin (num 0)) (num 0) [])
  | cos_zero => Some (Row (T1 Ucos (num 0)) one [])
  | atan_odd => Some (Row (T1 Uatan (neg X)) (neg (T1 Uatan X)) [])
  | sinh_exp => Some (Row (T1 Usinh X) (half (minus (T1 Uexp X) (rcp (T1 Uexp X)))) [])
  | cosh_exp => Some (Row (T1 Ucosh X) (half (TAdd (T1 Uexp X) (rcp (T1 Uexp X)))) [])
  | tanh_exp => Some (Row (T1 Utanh X) (minus one (TMul (num 2) (rcp (TAdd (sq (T1 Uexp X)) one)))) [])
  | coth_exp => Some (Row (T1 Ucoth X) (TAdd one (TMul (num 2) (rcp (TAdd (sq (T1 Uexp X)) (num (-1)))))) [(Nonzero, X)])
  | sech_exp => Some (Row (T1 Usech X) (quot (TMul (num 2) (T1 Uexp X)) (TAdd (sq (T1 Uexp X)) one)) [])
  | csch_exp => Some (Row (T1 Ucsch X) (quot (TMul (num 2) (T1 Uexp X)) (TAdd (sq (T1 Uexp X)) (num (-1)))) [(Nonzero, X)])
  | asinh_log => Some (Row (T1 Uasinh X) (T1 Ulog (TAdd X (TPow (TAdd (sq X) one) (1 # 2)))) [])
  | acosh_log => Some (Row (T1 Uacosh X) (T1 Ulog (TAdd X (TPow (TAdd (sq X) (num (-1))) (1 # 2)))) [(Nonneg, TAdd X (num (-1)))])
  | atanh_log => Some (Row (T1 Uatanh X) (half (minus (T1 Ulog (TAdd one X)) (T1 Ulog (minus one X)))) [(Pos, minus one (sq X))])
  | acoth_atanh => Some (Row (T1 Uacoth X) (T1 Uatanh (rcp X)) [(Pos, TAdd (sq X) (num (-1)))])
  | asech_acosh => Some (Row (T1 Uasech X) (T1 Uacosh (rcp X)) [(Pos, X); (Nonneg, minus one X)])
  | acsch_asinh => Some (Row (T1 Uacsch X) (T1 Uasinh (rcp X)) [(Nonzero, X)])
  | acot_atan => Some (Row (T1 Uacot X) (T1 Uatan (rcp X)) [(Nonzero, X)])
  | asec_acos => Some (Row (T1 Uasec X) (T1 Uacos (rcp X)) [(Nonneg, TAdd (sq X) (num (-1)))])
  | acsc_asin => Some (Row (T1 Uacsc X) (T1 Uasin (rcp X)) [(Nonneg, TAdd (sq X) (num (-1)))])
  | erfc_erf => Some (Row (T1 Uerfc X) (minus one (T1 Uerf X)) [])
  | log_even_power => if q_whole c && Z.even (Qnum c) then Some (Row (T1 Ulog (TPow X c)) (TMul (TC c) (T1 Ulog (T1 Uabs X))) [(Nonzero, X)]) else None
  | abs_power => if q_whole c then Some (Row (T1 Uabs (TPow X c)) (TPow (T1 Uabs X) c) []) else None
  | cbrt_cube => Some (Row (TPow (T1 Ucbrt X) (3 # 1)) X [])
  | cbrt_product => Some (Row (T1 Ucbrt (TMul X Y)) (TMul (T1 Ucbrt X) (T1 Ucbrt Y)) [])
  | cbrt_power => if q_whole c then Some (Row (T1 Ucbrt (TPow X c)) (TPow (T1 Ucbrt X) c) []) else None
  | asin_odd => Some (Row (T1 Uasin (neg X)) (neg (T1 Uasin X)) [(Nonneg, minus one (sq X))])
  | acos_asin => Some (Row (T1 Uacos X) (minus (half TPi) (T1 Uasin X)) [(Nonneg, minus one (sq X))])
  | sin_asin => Some (Row (T1 Usin (T1 Uasin X)) X [(Nonneg, minus one (sq X))])
  | cos_asin => Some (Row (T1 Ucos (T1 Uasin X)) (TPow (minus one (sq X)) (1 # 2)) [(Nonneg, minus one (sq X))])
  | sin_atan => Some (Row (T1 Usin (T1 Uatan X)) (quot X (TPow (TAdd one (sq X)) (1 # 2))) [])
  | cos_atan => Some (Row (T1 Ucos (T1 Uatan X)) (TPow (TAdd one (sq X)) (-1 # 2)) [])
  | erf_odd => Some (Row (T1 Uerf (neg X)) (neg (T1 Uerf X)) [])
  | less_square => Some (Row (sq (step_lt X Y)) (step_lt X Y) [])
  | equal_square => Some (Row (sq (TSel Ceq' X Y one (num 0))) (TSel Ceq' X Y one (num 0)) [])
  | erf_zero => Some (Row (T1 Uerf (num 0)) (num 0) [])
  | sin_pi => Some (Row (T1 Usin TPi) (num 0) [])
  | cos_pi => Some (Row (T1 Ucos TPi) (num (-1)) [])
  | sin_pi_2 => Some (Row (T1 Usin (half TPi)) one [])
  | cos_pi_2 => Some (Row (T1 Ucos (half TPi)) (num 0) [])
  | sin_pi_3 => Some (Row (T1 Usin (TMul (TC (1 # 3)) TPi)) (half (TPow (num 3) (1 # 2))) [])
  | cos_pi_3 => Some (Row (T1 Ucos (TMul (TC (1 # 3)) TPi)) (TC (1 # 2)) [])
  | sin_pi_4 => Some (Row (T1 Usin (TMul (TC (1 # 4)) TPi)) (half (TPow (num 2) (1 # 2))) [])
  | cos_pi_4 => Some (Row (T1 Ucos (TMul (TC (1 # 4)) TPi)) (half (TPow (num 2) (1 # 2))) [])
  | sin_pi_6 => Some (Row (T1 Usin (TMul (TC (1 # 6)) TPi)) (TC (1 # 2)) [])
  | cos_pi_6 => Some (Row (T1 Ucos (TMul (TC (1 # 6)) TPi)) (half (TPow (num 3) (1 # 2))) [])
  | floor_sum => Some (Row (T1 Ufloor (TAdd X Y)) (TAdd (T1 Ufloor X) Y) [(Integer, Y)])
  | floor_integer => Some (Row (T1 Ufloor X) X [(Integer, X)])
  | ceil_floor => Some (Row (T1 Uceil X) (neg (T1 Ufloor (neg X))) [])
  end.
Definition sound r := forall c w x y, row_of r c = Some w -> holds x y (where_of w) -> tv x y (left_of w) = tv x y (right_of w).
Ltac row := intros c w x y H C; cbn [row_of] in H; try (injection H as <-); unfold holds in C; cbn [left_of right_of where_of] in *; use_conds; cbn [tv uv bv] in *; rewrite ?sqrt_pw; unfold qpow, qv; cbn [Qnum Qden root pw]; try change (Pos.to_nat 2) with 2%nat.
Lemma choose_eq_no x y u v : x <> y -> choose Ceq' x y u v = v. Proof. intro. cbn. destruct (Req_EM_T x y); easy. Qed.
Lemma exp_sq x : exp x * exp (- x) = 1. Proof. rewrite <- exp_plus. replace (x + - x) with 0 by ring. apply exp_0. Qed.
Lemma exp_ne1 x : x <> 0 -> exp x ^ 2 - 1 <> 0.
Proof. intros N E. assert (P : 0 < exp x) by apply exp_pos. assert (exp x = 1) as F by nra. rewrite <- exp_0 in F. apply exp_inv in F. easy. Qed.
Lemma exp_qpow c x : exp (qv c * x) = qpow (exp x) c.
Proof. rewrite qpow_Rpower by apply exp_pos. unfold Rpower. rewrite ln_exp. f_equal. rewrite qvR. ring. Qed.
Lemma ln_qpow c x : 0 < x -> ln (qpow x c) = qv c * ln x.
Proof. intro. rewrite qpow_Rpower by easy. unfold Rpower. rewrite ln_exp, qvR. ring. Qed.
Lemma r_exp_sum : sound exp_sum. Proof. row. apply exp_plus. Qed.
Lemma r_exp_multiple : sound exp_multiple. Proof. intros c w x y H C. injection H as <-. apply exp_qpow. Qed.
Lemma r_exp_log : sound exp_log. Proof. row. now apply exp_ln. Qed.
Lemma r_exp_zero : sound exp_zero. Proof. row. apply exp_0. Qed.
Lemma r_log_exp : sound log_exp. Proof. row. apply ln_exp. Qed.
Lemma r_log_one : sound log_one. Proof. row. apply ln_1. Qed.
Lemma r_log_product : sound log_product. Proof. row. now apply ln_mult. Qed.
Lemma r_log_power : sound log_power. Proof. intros c w x y H C. injection H as <-. inversion C; subst. cbn in H1. apply (ln_qpow c x H1). Qed.
Lemma r_log2_log : sound log2_log. Proof. row. easy. Qed.
Lemma r_log10_log : sound log10_log. Proof. row. easy. Qed.
Lemma r_log1p_log : sound log1p_log. Proof. row. easy. Qed.
Lemma r_expm1_exp : sound expm1_exp. Proof. row. unfold expm1. ring. Qed.
Lemma r_pow_exp : sound pow_exp. Proof. row. rewrite rpow_Rpower by easy. easy. Qed.
Lemma powered_ok x y t q : tv x y (powered t q) = qpow (tv x y t) q.
Proof. unfold powered. destruct (Z.eqb_spec (Qnum q) 1) as [N|]; [|easy]. destruct (Pos.eqb_spec (Qden q) 1) as [D|]; [|easy]. unfold qpow. now rewrite N, D. Qed.
Lemma whole_qv c : q_whole c = true -> qv c = IZR (Qnum c) /\ forall v, qpow v c = pw v (Qnum c).
Proof. unfold q_whole, qv, qpow. intro H. apply Pos.eqb_eq in H. rewrite H. now split. Qed.
Lemma shift_whole x n c : ((0 <= n)%Z /\ (0 <= c)%Z) \/ x <> 0 -> rpow x (IZR n + IZR c) = rpow x (IZR n) * pw x c.
Proof. intro H. rewrite <- plus_IZR, !rpow_whole. destruct H as [[]|]. now apply pw_addpos. now apply pw_add0. Qed.
Lemma r_pow_shift : sound pow_shift.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (_ && _) eqn:E; [|easy]. apply andb_prop in E as [E1 E2]. apply Z.leb_le in E2. destruct (whole_qv c E1) as [Q1 Q2]. injection H as <-. unfold holds in C. cbn [where_of] in C. inversion C as [|? ? N C']; subst. inversion C' as [|? ? W _]; subst.
  cbn [fst snd rv tv left_of right_of bv] in *. rewrite powered_ok, Q1, Q2. destruct W as [n ->]. apply shift_whole. left. split; [|easy]. now apply le_IZR. Qed.
Lemma r_pow_shift_nonzero : sound pow_shift_nonzero.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (q_whole c) eqn:E1; [|easy]. destruct (whole_qv c E1) as [Q1 Q2]. injection H as <-. unfold holds in C. cbn [where_of] in C. inversion C as [|? ? N _]; subst.
  cbn [fst snd rv tv left_of right_of bv] in *. rewrite powered_ok, Q1, Q2. cbn [tv]. destruct (whole_or_not y) as [[n ->]|Y]. apply shift_whole. now right.
  destruct (Rlt_dec 0 x) as [P|P]. rewrite !rpow_Rpower, pw_Rpower by easy. apply Rpower_plus. rewrite !rpow_else; try easy; try lra. intros [z Z]. apply Y. exists (z - Qnum c)%Z. rewrite minus_IZR. lra. Qed.
Lemma multiple_whole x n c : rpow x (IZR c * IZR n) = pw (rpow x (IZR n)) c.
Proof. rewrite <- mult_IZR, !rpow_whole, pw_pow. f_equal. ring. Qed.
Lemma r_pow_multiple : sound pow_multiple.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (_ && _) eqn:E; [|easy]. apply andb_prop in E as [E1 E2]. destruct (whole_qv c E1) as [Q1 Q2]. injection H as <-. unfold holds in C. cbn [where_of] in C. inversion C as [|? ? N C']; subst. inversion C' as [|? ? W _]; subst.
  cbn [fst snd rv tv left_of right_of bv] in *. rewrite powered_ok, Q1, Q2. destruct W as [n ->]. apply multiple_whole. Qed.
Lemma r_pow_multiple_nonzero : sound pow_multiple_nonzero.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (q_whole c) eqn:E1; [|easy]. destruct (whole_qv c E1) as [Q1 Q2]. injection H as <-. unfold holds in C. cbn [where_of] in C. inversion C as [|? ? N C']; subst. inversion C' as [|? ? W _]; subst.
  cbn [fst snd rv tv left_of right_of bv] in *. rewrite powered_ok, Q1, Q2. destruct W as [n ->]. apply multiple_whole. Qed.
Lemma r_pow_multiple_positive : sound pow_multiple_positive.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (q_whole c) eqn:E1; [|easy]. destruct (whole_qv c E1) as [Q1 Q2]. injection H as <-. unfold holds in C. cbn [where_of] in C. inversion C as [|? ? N _]; subst.
  cbn [fst snd rv tv left_of right_of bv] in *. rewrite powered_ok, Q1, Q2. cbn [tv bv]. rewrite !rpow_Rpower, pw_Rpower, Rpower_mult by (easy || apply exp_pos). f_equal. ring. Qed.
Lemma r_alternating_square : sound alternating_square.
Proof. intros c w x y H C. injection H as <-. unfold holds in C. cbn [where_of] in C. inversion C as [|? ? W _]; subst. cbn [fst snd rv tv] in W. destruct W as [n ->]. cbn [left_of right_of tv bv].
  change (qv (-1 # 1)) with (-1). change (qv (1 # 1)) with 1. rewrite qpow_whole. rewrite rpow_whole, pw_pow, Z.mul_comm, <- pw_pow. replace (pw (-1) 2) with 1 by (change (1 = (-1) ^ 2); ring). apply pw_1. Qed.
Lemma r_xlogy_log : sound xlogy_log. Proof. row. easy. Qed.
Lemma r_xlogy_factor : sound xlogy_factor.
Proof. row. unfold xlogy. destruct (Req_dec x 0) as [->|N]; [ring|]. rewrite ln_mult by lra. ring. Qed.
Lemma qpow_at_0 q : Qnum q <> 0%Z -> qpow 0 q = 0.
Proof. intro N. unfold qpow. assert (E : root (Qden q) 0 = 0). { destruct (Pos.eq_dec (Qden q) 1) as [->|D]. reflexivity. apply root_neg; [easy|lra]. } rewrite E. now apply pw_0. Qed.
Lemma qpow_square x c : qpow (x ^ 2) c = qpow (Rabs x) (Qred ((2 # 1) * c)).
Proof. assert (E : Q2R (Qred ((2 # 1) * c)) = 2 * Q2R c). { rewrite (Qeq_eqR _ _ (Qred_correct _)), Q2R_mult. f_equal. unfold Q2R; cbn. field. }
  destruct (Req_dec x 0) as [->|N].
  - rewrite Rabs_R0. replace (0 ^ 2) with 0 by ring. assert (Z : forall q, Qnum q = 0%Z <-> Q2R q = 0). { intro q. unfold Q2R. split; intro H. rewrite H. lra. apply eq_IZR. apply Rmult_integral in H as [H|H]; [easy|]. exfalso. revert H. apply Rinv_neq_0_compat. apply not_0_IZR. lia. }
    destruct (Z.eq_dec (Qnum c) 0) as [C|C].
    + assert (C2 : Qnum (Qred ((2 # 1) * c)) = 0%Z) by (apply Z; rewrite E; apply Z in C; lra). unfold qpow. now rewrite C, C2.
    + rewrite !qpow_at_0; try easy. intro C2. apply C, Z. apply Z in C2. lra.
  - assert (P : 0 < Rabs x) by now apply Rabs_pos_lt. assert (S : x ^ 2 = Rabs x ^ 2) by now rewrite <- pow2_abs.
    rewrite S. rewrite !qpow_Rpower by (try apply pow_lt; easy). rewrite E, <- (Rpower_pow 2) by easy. now rewrite Rpower_mult. Qed.
Lemma r_even_root : sound even_root.
Proof. intros c w x y H C. injection H as <-. cbn [left_of right_of tv uv]. change (qpow x (2 # 1)) with (x ^ 2). rewrite powered_ok. apply qpow_square. Qed.
Lemma r_abs_square : sound abs_square. Proof. row. cbn. rewrite !Rmult_1_r. apply Rabs_sq. Qed.
Lemma r_abs_nonnegative : sound abs_nonnegative. Proof. row. now apply Rabs_pos_eq. Qed.
Lemma r_abs_nonpositive : sound abs_nonpositive. Proof. row. rewrite Rabs_left1 by lra. ring. Qed.
Lemma r_abs_product : sound abs_product. Proof. row. apply Rabs_mult. Qed.
Lemma r_abs_negative : sound abs_negative. Proof. row. replace (-1 * x) with (- x) by ring. apply Rabs_Ropp. Qed.
Lemma r_sign_positive : sound sign_positive. Proof. row. now apply sign_eq_1. Qed.
Lemma r_sign_negative : sound sign_negative. Proof. row. apply sign_eq_m1. lra. Qed.
Lemma r_sign_odd : sound sign_odd.
Proof.
  row. replace (-1 * x) with (- x) by ring. destruct (Rtotal_order x 0) as [H | [-> | H]].
  - rewrite (sign_eq_1 (- x)), (sign_eq_m1 x) by lra. ring.
  - rewrite Ropp_0, sign_0. ring.
  - rewrite (sign_eq_m1 (- x)), (sign_eq_1 x) by lra. ring.
Qed.
Lemma r_sign_quotient : sound sign_quotient.
Proof. row. destruct (Rlt_dec 0 x). rewrite sign_eq_1, Rabs_pos_eq by lra. field. lra. rewrite sign_eq_m1, Rabs_left1 by lra. field. easy. Qed.
Lemma r_max_abs : sound max_abs.
Proof. row. destruct (Rle_dec x y). rewrite Rmax_right, Rabs_left1 by lra. field. rewrite Rmax_left, Rabs_pos_eq by lra. field. Qed.
Lemma r_min_abs : sound min_abs.
Proof. row. destruct (Rle_dec x y). rewrite Rmin_left, Rabs_left1 by lra. field. rewrite Rmin_right, Rabs_pos_eq by lra. field. Qed.
Lemma r_step_sign : sound step_sign.
Proof. row. destruct (Rlt_dec x y). rewrite choose_lt_yes, sign_eq_1 by lra. field. rewrite choose_lt_no, sign_eq_m1 by lra. field. Qed.
Lemma r_equal_nowhere : sound equal_nowhere. Proof. row. apply choose_eq_no. intro. lra. Qed.
Lemma r_cbrt_root : sound cbrt_root. Proof. row. unfold cbrt. rewrite (root_neg 3 (- x)) by easy || lra. apply Rminus_0_r. Qed.
Lemma r_hypot_root : sound hypot_root. Proof. row. easy. Qed.
Lemma r_tan_quotient : sound tan_quotient. Proof. row. easy. Qed.
Lemma r_cot_quotient : sound cot_quotient. Proof. row. easy. Qed.
Lemma r_sec_quotient : sound sec_quotient. Proof. row. easy. Qed.
Lemma r_csc_quotient : sound csc_quotient. Proof. row. easy. Qed.
Lemma r_sin_square : sound sin_square. Proof. row. pose proof (sin2_cos2 x) as S. unfold Rsqr in S. lra. Qed.
Lemma r_sin_odd : sound sin_odd. Proof. row. replace (-1 * x) with (- x) by ring. rewrite sin_neg. ring. Qed.
Lemma r_cos_even : sound cos_even. Proof. row. replace (-1 * x) with (- x) by ring. apply cos_neg. Qed.
Lemma r_sin_sum : sound sin_sum. Proof. row. apply sin_plus. Qed.
Lemma r_cos_sum : sound cos_sum. Proof. row. rewrite cos_plus. ring. Qed.
Lemma r_sin_zero : sound sin_zero. Proof. row. apply sin_0. Qed.
Lemma r_cos_zero : sound cos_zero. Proof. row. apply cos_0. Qed.
Lemma r_atan_odd : sound atan_odd. Proof. row. replace (-1 * x) with (- x) by ring. rewrite atan_opp. ring. Qed.
Lemma r_sinh_exp : sound sinh_exp. Proof. row. unfold sinh. rewrite exp_Ropp. field. apply Rgt_not_eq, exp_pos. Qed.
Lemma r_cosh_exp : sound cosh_exp. Proof. row. unfold cosh. rewrite exp_Ropp. field. apply Rgt_not_eq, exp_pos. Qed.
Lemma r_tanh_exp : sound tanh_exp. Proof. row. unfold tanh, sinh, cosh. rewrite exp_Ropp. pose proof (exp_pos x). field. repeat split; nra. Qed.
Lemma r_coth_exp : sound coth_exp. Proof. row. pose proof (sinh_ne0 x H1) as N. pose proof (exp_ne1 x H1). unfold coth, tanh, cosh. unfold sinh in *. rewrite exp_Ropp in *. pose proof (exp_pos x). field. repeat split; try nra. Qed.
Lemma r_sech_exp : sound sech_exp. Proof. row. unfold sech, cosh. rewrite exp_Ropp. pose proof (exp_pos x). field. repeat split; nra. Qed.
Lemma r_csch_exp : sound csch_exp. Proof. row. pose proof (exp_ne1 x H1). unfold csch, sinh. rewrite exp_Ropp in *. pose proof (exp_pos x). field. repeat split; try nra. Qed.
Lemma r_asinh_log : sound asinh_log. Proof. row. easy. Qed.
Lemma r_acosh_log : sound acosh_log. Proof. row. easy. Qed.
Lemma r_atanh_log : sound atanh_log. Proof. row. unfold atanh. replace (1 + -1 * x) with (1 - x) by ring. field. Qed.
Lemma r_acoth_atanh : sound acoth_atanh. Proof. row. easy. Qed.
Lemma r_asech_acosh : sound asech_acosh. Proof. row. easy. Qed.
Lemma r_acsch_asinh : sound acsch_asinh. Proof. row. easy. Qed.
Lemma r_acot_atan : sound acot_atan. Proof. row. easy. Qed.
Lemma r_asec_acos : sound asec_acos. Proof. row. easy. Qed.
Lemma r_acsc_asin : sound acsc_asin. Proof. row. easy. Qed.
Lemma r_erfc_erf : sound erfc_erf. Proof. row. unfold erfc. ring. Qed.
Lemma pw_abs x z : pw (Rabs x) z = Rabs (pw x z).
Proof. destruct (Z_le_dec 0 z) as [P|P].
  - rewrite <- (Z2Nat.id z P), !pw_nat. apply RPow_abs.
  - replace z with (- Z.of_nat (Z.to_nat (- z)))%Z by lia. rewrite !pw_opp, !pw_nat, Rabs_inv. f_equal. apply RPow_abs. Qed.
Lemma q_whole_den c : q_whole c = true -> Qden c = 1%positive. Proof. intro H. now apply Pos.eqb_eq in H. Qed.
Lemma whole_qpow x c : q_whole c = true -> qpow x c = pw x (Qnum c). Proof. intro H. unfold qpow. now rewrite (q_whole_den _ H). Qed.
Lemma r_log_even_power : sound log_even_power.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (q_whole c) eqn:W; [|easy]. destruct (Z.even (Qnum c)) eqn:E; [|easy]. injection H as <-. inversion C as [|? ? H1]; subst. cbn in H1. cbn [left_of right_of tv uv].
  rewrite <- (ln_qpow c) by now apply Rabs_pos_lt. f_equal. rewrite !whole_qpow, pw_abs by easy. apply Z.even_spec in E as [k E]. rewrite E. symmetry. apply Rabs_pos_eq. rewrite <- pw_pow. apply pw_nn. change (0 <= x ^ 2). apply pow2_ge_0. Qed.
Lemma r_abs_power : sound abs_power.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (q_whole c) eqn:W; [|easy]. injection H as <-. cbn [left_of right_of tv uv]. rewrite !whole_qpow by easy. symmetry. apply pw_abs. Qed.
Lemma cbrt_opp x : cbrt (- x) = - cbrt x. Proof. unfold cbrt. rewrite Ropp_involutive. ring. Qed.
Lemma cbrt_0 : cbrt 0 = 0. Proof. unfold cbrt. rewrite Ropp_0. ring. Qed.
Lemma cbrt_root' x : 0 < x -> cbrt x = Rpower x (/ 3). Proof. intro H. unfold cbrt. rewrite (root_neg 3 (- x)) by easy || lra. rewrite root_Rpower by easy. ring. Qed.
Lemma cbrt_mul x y : cbrt (x * y) = cbrt x * cbrt y.
Proof. assert (P : forall x y, 0 < x -> 0 < y -> cbrt (x * y) = cbrt x * cbrt y). { intros u v U V. rewrite !cbrt_root' by (try apply Rmult_lt_0_compat; easy). symmetry. now apply Rpower_mult_distr. }
  assert (Q : forall x y, 0 < x -> cbrt (x * y) = cbrt x * cbrt y). { intros u v U. destruct (Rtotal_order v 0) as [V|[->|V]]. replace (u * v) with (- (u * - v)) by ring. rewrite cbrt_opp, P, cbrt_opp by lra. ring. rewrite Rmult_0_r, cbrt_0. ring. now apply P. }
  destruct (Rtotal_order x 0) as [X|[->|X]]. replace (x * y) with (- (- x * y)) by ring. rewrite cbrt_opp, Q, cbrt_opp by lra. ring. rewrite Rmult_0_l, cbrt_0. ring. now apply Q. Qed.
Lemma cbrt_1 : cbrt 1 = 1. Proof. rewrite cbrt_root' by lra. unfold Rpower. rewrite ln_1, Rmult_0_r. apply exp_0. Qed.
Lemma cbrt_cubed x : cbrt x ^ 3 = x.
Proof. assert (P : forall x, 0 < x -> cbrt x ^ 3 = x). { intros u U. rewrite cbrt_root' by easy. rewrite <- Rpower_pow by apply exp_pos. rewrite Rpower_mult. replace (/ 3 * INR 3) with 1 by (cbn; field). now apply Rpower_1. }
  destruct (Rtotal_order x 0) as [X|[->|X]]. replace x with (- - x) by ring. rewrite cbrt_opp. specialize (P (- x) ltac:(lra)). replace ((- cbrt (- x)) ^ 3) with (- cbrt (- x) ^ 3) by ring. rewrite P. ring. rewrite cbrt_0. ring. now apply P. Qed.
Lemma cbrt_inv x : cbrt (/ x) = / cbrt x.
Proof. destruct (Req_dec x 0) as [->|N]. now rewrite Rinv_0, cbrt_0, Rinv_0. assert (E : cbrt (/ x) * cbrt x = 1). { rewrite <- cbrt_mul, Rinv_l by easy. apply cbrt_1. }
  assert (M : cbrt x <> 0) by (intro Z; rewrite Z in E; lra). apply Rmult_eq_reg_r with (cbrt x); [|easy]. now rewrite E, Rinv_l. Qed.
Lemma cbrt_nat x n : cbrt (x ^ n) = cbrt x ^ n. Proof. induction n; cbn. apply cbrt_1. now rewrite cbrt_mul, IHn. Qed.
Lemma r_cbrt_cube : sound cbrt_cube. Proof. row. apply cbrt_cubed. Qed.
Lemma r_cbrt_product : sound cbrt_product. Proof. row. apply cbrt_mul. Qed.
Lemma r_cbrt_power : sound cbrt_power.
Proof. intros c w x y H C. cbn [row_of] in H. destruct (q_whole c) eqn:W; [|easy]. injection H as <-. cbn [left_of right_of tv uv]. rewrite !whole_qpow by easy. generalize (Qnum c). intro z. destruct (Z_le_dec 0 z) as [P|P].
  - rewrite <- (Z2Nat.id z P), !pw_nat. apply cbrt_nat.
  - replace z with (- Z.of_nat (Z.to_nat (- z)))%Z by lia. rewrite !pw_opp, !pw_nat, cbrt_inv. f_equal. apply cbrt_nat. Qed.
Lemma unit_range x : 0 <= 1 + -1 * x ^ 2 -> -1 <= x <= 1. Proof. intro. split; nra. Qed.
Lemma r_asin_odd : sound asin_odd. Proof. row. replace (-1 * x) with (- x) by ring. rewrite asin_opp. ring. Qed.
Lemma r_acos_asin : sound acos_asin. Proof. row. rewrite Ratan.acos_asin by now apply unit_range. field. Qed.
Lemma r_sin_asin : sound sin_asin. Proof. row. apply Ratan.sin_asin. now apply unit_range. Qed.
Lemma r_cos_asin : sound cos_asin. Proof. row. rewrite Ratan.cos_asin by now apply unit_range. f_equal. unfold Rsqr. ring. Qed.
Lemma r_sin_atan : sound sin_atan. Proof. row. rewrite Ratan.sin_atan. unfold Rsqr, Rdiv. do 3 f_equal. ring. Qed.
Lemma r_cos_atan : sound cos_atan. Proof. row. rewrite Ratan.cos_atan. unfold Rsqr, Rdiv. rewrite Rmult_1_l. do 2 f_equal. ring. Qed.
Lemma erf_opp x : erf (- x) = - erf x.
Proof. unfold erf. rewrite Ropp_mult_distr_r. f_equal.
  assert (I : forall a b, ex_RInt (fun t : R => exp (- t ^ 2)) a b). { intros. apply (@ex_RInt_continuous R_CompleteNormedModule). intros z _. apply (@ex_derive_continuous R_AbsRing R_NormedModule). auto_derive. easy. }
  assert (J : is_RInt (fun t : R => exp (- t ^ 2)) (- 0) (- x) (RInt (fun t : R => exp (- t ^ 2)) 0 (- x))). { rewrite Ropp_0. apply (@RInt_correct R_CompleteNormedModule). apply I. }
  apply is_RInt_comp_opp in J. apply (@is_RInt_unique R_CompleteNormedModule) in J. rewrite <- J. transitivity (RInt (fun t : R => opp (exp (- t ^ 2))) 0 x).
  - apply RInt_ext. intros t _. unfold opp; cbn. do 3 f_equal. ring.
  - apply (@RInt_opp R_CompleteNormedModule). apply I. Qed.
Lemma r_erf_odd : sound erf_odd. Proof. row. replace (-1 * x) with (- x) by ring. rewrite erf_opp. ring. Qed.
Lemma r_erf_zero : sound erf_zero. Proof. row. apply erf_0. Qed.
Lemma r_less_square : sound less_square. Proof. row. destruct (Rlt_dec x y). rewrite choose_lt_yes by easy. ring. rewrite choose_lt_no by lra. ring. Qed.
Lemma r_equal_square : sound equal_square. Proof. row. cbn [choose]. destruct (Req_EM_T x y); ring. Qed.
Lemma r_sin_pi : sound sin_pi. Proof. row. apply sin_PI. Qed.
Lemma r_cos_pi : sound cos_pi. Proof. row. rewrite cos_PI. lra. Qed.
Lemma r_sin_pi_2 : sound sin_pi_2. Proof. row. replace (1 / 2 * PI) with (PI / 2) by field. apply sin_PI2. Qed.
Lemma r_cos_pi_2 : sound cos_pi_2. Proof. row. replace (1 / 2 * PI) with (PI / 2) by field. apply cos_PI2. Qed.
Lemma r_sin_pi_3 : sound sin_pi_3. Proof. row. replace (1 / 3 * PI) with (PI / 3) by field. rewrite sin_PI3. field. Qed.
Lemma r_cos_pi_3 : sound cos_pi_3. Proof. row. replace (1 / 3 * PI) with (PI / 3) by field. rewrite cos_PI3. field. Qed.
Lemma r_sin_pi_4 : sound sin_pi_4. Proof. row. replace (1 / 4 * PI) with (PI / 4) by field. rewrite sin_PI4. pose proof Rlt_sqrt2_0. pose proof (sqrt_sqrt 2). apply Rmult_eq_reg_r with (sqrt 2); [|lra]. field_simplify; [nra|lra]. Qed.
Lemma r_cos_pi_4 : sound cos_pi_4. Proof. row. replace (1 / 4 * PI) with (PI / 4) by field. rewrite cos_PI4. pose proof Rlt_sqrt2_0. pose proof (sqrt_sqrt 2). apply Rmult_eq_reg_r with (sqrt 2); [|lra]. field_simplify; [nra|lra]. Qed.
Lemma r_sin_pi_6 : sound sin_pi_6. Proof. row. replace (1 / 6 * PI) with (PI / 6) by field. rewrite sin_PI6. field. Qed.
Lemma r_cos_pi_6 : sound cos_pi_6. Proof. row. replace (1 / 6 * PI) with (PI / 6) by field. rewrite cos_PI6. field. Qed.
Lemma floor_of x z : IZR z <= x -> x < IZR z + 1 -> floor x = IZR z.
Proof. intros A B. unfold floor. destruct (base_Int_part x) as [C D]. f_equal. assert (IZR z < IZR (Int_part x) + 1) as E by lra. assert (IZR (Int_part x) < IZR z + 1) as F by lra.
  rewrite <- plus_IZR in E, F. apply lt_IZR in E, F. lia. Qed.
Lemma r_floor_sum : sound floor_sum.
Proof. row. match goal with H : exists z, _ = IZR z |- _ => destruct H as [z ->] end. unfold floor at 2. destruct (base_Int_part x) as [A B]. rewrite (floor_of (x + IZR z) (Int_part x + z)); rewrite plus_IZR; lra. Qed.
Lemma r_floor_integer : sound floor_integer.
Proof. row. match goal with H : exists z, _ = IZR z |- _ => destruct H as [z ->] end. apply floor_of; lra. Qed.
Lemma r_ceil_floor : sound ceil_floor. Proof. row. unfold ceil. replace (-1 * x) with (- x) by ring. ring. Qed.
Theorem rules_sound r : sound r.
Proof. destruct r; [exact r_exp_sum|exact r_exp_multiple|exact r_exp_log|exact r_exp_zero|exact r_log_exp|exact r_log_one|exact r_log_product|exact r_log_power|exact r_log2_log|exact r_log10_log|exact r_log1p_log|exact r_expm1_exp|exact r_pow_exp|exact r_pow_shift|exact r_pow_shift_nonzero|exact r_pow_multiple|exact r_pow_multiple_nonzero|exact r_pow_multiple_positive|exact r_alternating_square|exact r_xlogy_log|exact r_xlogy_factor|exact r_even_root|exact r_abs_square|exact r_abs_nonnegative|exact r_abs_nonpositive|exact r_abs_product|exact r_abs_negative|exact r_sign_positive|exact r_sign_negative|exact r_sign_quotient|exact r_sign_odd|exact r_max_abs|exact r_min_abs|exact r_step_sign|exact r_equal_nowhere|exact r_cbrt_root|exact r_hypot_root|exact r_tan_quotient|exact r_cot_quotient|exact r_sec_quotient|exact r_csc_quotient|exact r_sin_square|exact r_sin_odd|exact r_cos_even|exact r_sin_sum|exact r_cos_sum|exact r_sin_zero|exact r_cos_zero|exact r_atan_odd|exact r_sinh_exp|exact r_cosh_exp|exact r_tanh_exp|exact r_coth_exp|exact r_sech_exp|exact r_csch_exp|exact r_asinh_log|exact r_acosh_log|exact r_atanh_log|exact r_acoth_atanh|exact r_asech_acosh|exact r_acsch_asinh|exact r_acot_atan|exact r_asec_acos|exact r_acsc_asin|exact r_erfc_erf|exact r_log_even_power|exact r_abs_power|exact r_cbrt_cube|exact r_cbrt_product|exact r_cbrt_power|exact r_asin_odd|exact r_acos_asin|exact r_sin_asin|exact r_cos_asin|exact r_sin_atan|exact r_cos_atan|exact r_erf_odd|exact r_erf_zero|exact r_sin_pi|exact r_cos_pi|exact r_sin_pi_2|exact r_cos_pi_2|exact r_sin_pi_3|exact r_cos_pi_3|exact r_sin_pi_4|exact r_cos_pi_4|exact r_sin_pi_6|exact r_cos_pi_6|exact r_floor_sum|exact r_floor_integer|exact r_ceil_floor|exact r_less_square|exact r_equal_square]. Qed.
