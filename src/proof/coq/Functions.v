(* The functions of reals: their values, the templates of their derivatives with the conditions under which these hold, and what is
   known of their signs. One constructor a function; the exporter names them by these constructors. *)
From Coq Require Import Reals Lra Lia Arith PArith List ZArith QArith Qreals Bool.
From Coquelicot Require Import Coquelicot.
From Wengert Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(* --- the words of the statements *)
Definition log2 x := ln x / ln 2.
Definition log10 x := ln x / ln 10.
Definition log1p x := ln (1 + x).
Definition expm1 x := exp x - 1.
Definition root (d : positive) (x : R) : R := match d with
  | 1%positive => x | 2%positive => sqrt x | _ => if Rlt_dec 0 x then Rpower x (/ IZR (Zpos d)) else 0 end.
Definition cbrt x := root 3 x - root 3 (- x).
Definition floor x := IZR (Int_part x).
Definition ceil x := - floor (- x).
Definition cot x := cos x / sin x.
Definition sec x := / cos x.
Definition csc x := / sin x.
Definition acot x := atan (/ x).
Definition asec x := acos (/ x).
Definition acsc x := asin (/ x).
Definition coth x := / tanh x.
Definition sech x := / cosh x.
Definition csch x := / sinh x.
Definition asinh x := ln (x + sqrt (x ^ 2 + 1)).
Definition acosh x := ln (x + sqrt (x ^ 2 - 1)).
Definition atanh x := (ln (1 + x) - ln (1 - x)) / 2.
Definition acoth x := atanh (/ x).
Definition asech x := acosh (/ x).
Definition acsch x := asinh (/ x).
Definition erf x := 2 / sqrt PI * RInt (fun t => exp (- t ^ 2)) 0 x.
Definition erfc x := 1 - erf x.
Definition hypot x y := sqrt (x ^ 2 + y ^ 2).
Definition xlogy x y := x * ln y.
(* a whole power; a rational one is a power of a root *)
Definition pw (x : R) (z : Z) : R := match z with
 | Z0 => 1 | Zpos 1 => x | Zneg 1 => / x | Zpos p => x ^ Pos.to_nat p | Zneg p => / x ^ Pos.to_nat p end.
(* x^y where x > 0 or y is whole, else 0 *)
Definition rpow (x y : R) : R := if Rlt_dec 0 x then Rpower x y else if Req_EM_T y (floor y) then pw x (Int_part y) else 0.
Definition qpow (x : R) (q : Q) : R := pw (root (Qden q) x) (Qnum q).
(* a rational number *)
Definition qv (q : Q) : R := match Qden q with 1%positive => IZR (Qnum q) | d => IZR (Qnum q) / IZR (Zpos d) end.
Inductive cmp := Clt | Cle | Ceq' | Cne'.
Definition choose (c : cmp) (p q u v : R) : R := match c with
  | Clt => if Rlt_dec p q then u else v | Cle => if Rle_dec p q then u else v
  | Ceq' => if Req_EM_T p q then u else v | Cne' => if Req_EM_T p q then v else u end.

(* --- powers *)
Lemma pwR x z : pw x z = powerRZ x z.
Proof. destruct z as [|[p|p|]|[p|p|]]; cbn [pw powerRZ]; try reflexivity; change (Pos.to_nat 1) with 1%nat; now rewrite pow_1. Qed.
Lemma qvR q : qv q = Q2R q.
Proof. destruct q as [n [p|p|]]; unfold qv, Q2R; cbn [Qnum Qden]; try reflexivity. field. Qed.
Lemma pw_mul x y z : pw (x * y) z = pw x z * pw y z. Proof. rewrite !pwR. apply powerRZ_mult. Qed.
Lemma pw_add0 x a b : x <> 0 -> pw x (a + b) = pw x a * pw x b. Proof. rewrite !pwR. apply powerRZ_add. Qed.
Lemma pw_addpos x a b : (0 <= a)%Z -> (0 <= b)%Z -> pw x (a + b) = pw x a * pw x b.
Proof. intros A B. rewrite !pwR. rewrite <- (Z2Nat.id a A), <- (Z2Nat.id b B), <- Nat2Z.inj_add, <- !pow_powerRZ. apply pow_add. Qed.
Lemma pw_opp x z : pw x (- z) = / pw x z. Proof. rewrite !pwR. apply powerRZ_neg'. Qed.
Lemma pw_addneg x a b : (a <= 0)%Z -> (b <= 0)%Z -> pw x (a + b) = pw x a * pw x b.
Proof. intros A B. replace (a + b)%Z with (- (- a + - b))%Z by lia. rewrite pw_opp, pw_addpos by lia.
  rewrite !pw_opp, Rinv_mult, !Rinv_inv. reflexivity. Qed.
Lemma pw_inv x z : pw (/ x) z = / pw x z. Proof. rewrite !pwR. apply powerRZ_inv'. Qed.
Lemma pw_nat x n : pw x (Z.of_nat n) = x ^ n. Proof. rewrite pwR. symmetry. apply pow_powerRZ. Qed.
Lemma pw_pow_n x a n : pw (pw x a) (Z.of_nat n) = pw x (a * Z.of_nat n).
Proof. destruct (Z_le_dec 0 a) as [A|A].
  - rewrite <- (Z2Nat.id a A). rewrite <- Nat2Z.inj_mul, !pw_nat. symmetry. apply pow_mult.
  - replace a with (- Z.of_nat (Z.to_nat (- a)))%Z by lia. rewrite Z.mul_opp_l, !pw_opp, pw_inv, <- Nat2Z.inj_mul, !pw_nat.
    f_equal. symmetry. apply pow_mult. Qed.
Lemma pw_pow x a b : pw (pw x a) b = pw x (a * b).
Proof. destruct (Z_le_dec 0 b) as [B|B].
  - rewrite <- (Z2Nat.id b B). apply pw_pow_n.
  - replace b with (- Z.of_nat (Z.to_nat (- b)))%Z by lia. rewrite Z.mul_opp_r, !pw_opp. f_equal. apply pw_pow_n. Qed.
Lemma pw_1 z : pw 1 z = 1. Proof. rewrite pwR. apply powerRZ_R1. Qed.
Lemma pw_0 z : z <> 0%Z -> pw 0 z = 0.
Proof. intro N. destruct z as [|p|p]; [easy| |].
  - rewrite <- positive_nat_Z, pw_nat. apply pow_i. lia.
  - change (Z.neg p) with (- Z.pos p)%Z. rewrite pw_opp. rewrite <- positive_nat_Z, pw_nat, pow_i by lia. apply Rinv_0. Qed.
Lemma pw_succ x q X : pw x 1 * (pw x (Z.pred (Z.pos q)) * X) = pw x (Z.pos q) * X.
Proof. rewrite <- Rmult_assoc, <- pw_addpos by lia. do 2 f_equal. lia. Qed.
Lemma pw_pos v z : 0 < v -> 0 < pw v z. Proof. intro. rewrite pwR. now apply powerRZ_lt. Qed.
Lemma pw_ne0 v z : v <> 0 -> pw v z <> 0. Proof. intro. rewrite pwR. now apply powerRZ_NOR. Qed.
Lemma pw_nn v z : 0 <= v -> 0 <= pw v z.
Proof. intro H. destruct (Req_dec v 0) as [->|N]. destruct (Z.eq_dec z 0) as [->|Z]. cbn. lra. rewrite pw_0 by easy. lra.
  apply Rlt_le, pw_pos. lra. Qed.
Lemma pw_Rpower x z : 0 < x -> pw x z = Rpower x (IZR z).
Proof. intro H. rewrite pwR. now apply powerRZ_Rpower. Qed.
Lemma rpow_Rpower x y : 0 < x -> rpow x y = Rpower x y. Proof. intro H. unfold rpow. now destruct (Rlt_dec 0 x). Qed.
Lemma Int_part_IZR z : Int_part (IZR z) = z.
Proof. unfold Int_part. replace (up (IZR z)) with (z + 1)%Z. lia. apply tech_up; rewrite plus_IZR; lra. Qed.
Lemma rpow_whole x z : rpow x (IZR z) = pw x z.
Proof. unfold rpow, floor. rewrite Int_part_IZR. destruct (Rlt_dec 0 x). symmetry. now apply pw_Rpower. now destruct (Req_EM_T _ _). Qed.
Lemma rpow_else x y : x <= 0 -> (~ exists z, y = IZR z) -> rpow x y = 0.
Proof. intros X Y. unfold rpow. destruct (Rlt_dec 0 x); [lra|]. destruct (Req_EM_T y (floor y)) as [E|]; [|easy]. elim Y. now exists (Int_part y). Qed.
Lemma whole_or_not y : (exists z, y = IZR z) \/ ~ exists z, y = IZR z.
Proof. destruct (Req_EM_T y (floor y)) as [E|N]. left. now exists (Int_part y). right. intros [z ->]. apply N. unfold floor. now rewrite Int_part_IZR. Qed.
Lemma root_Rpower d x : 0 < x -> root d x = Rpower x (/ IZR (Zpos d)).
Proof. intro H. unfold root. destruct d as [d|[d|d|]|].
  1,2,3: destruct (Rlt_dec 0 x); easy.
  - now rewrite Rpower_sqrt.
  - rewrite Rinv_1. now rewrite Rpower_1. Qed.
Lemma root_neg d x : d <> 1%positive -> x <= 0 -> root d x = 0.
Proof. intros N H. unfold root. destruct d as [d|[d|d|]|]; try easy; try (destruct (Rlt_dec 0 x); [lra|easy]). now apply sqrt_neg_0. Qed.
Lemma root_pos d x : 0 < x -> 0 < root d x.
Proof. intro H. rewrite root_Rpower by easy. apply exp_pos. Qed.
Lemma root_nn d x : 0 <= x -> 0 <= root d x.
Proof. intro H. destruct (Req_dec x 0) as [->|N]. destruct (Pos.eq_dec d 1) as [->|D]. cbn. lra. rewrite root_neg by lra || easy. lra.
  apply Rlt_le, root_pos. lra. Qed.
Lemma root_nn' d x : d <> 1%positive -> 0 <= root d x.
Proof. intro D. destruct (Rle_dec 0 x). now apply root_nn. rewrite root_neg by easy || lra. lra. Qed.
(* the d-th root is a power of the (d*k)-th root *)
Lemma root_mul d k x : (d <> 1%positive \/ k = 1%positive \/ 0 <= x) -> root d x = pw (root (d * k) x) (Zpos k).
Proof. intro C. destruct (Rlt_dec 0 x) as [H|H].
  - rewrite pw_Rpower by now apply root_pos. rewrite !root_Rpower by easy. rewrite Rpower_mult. f_equal.
    rewrite Pos2Z.inj_mul, mult_IZR. field. split; apply not_0_IZR; lia.
  - assert (X : d = 1%positive /\ k = 1%positive \/ root d x = 0 /\ root (d * k) x = 0).
    { destruct (Pos.eq_dec d 1) as [->|D]. destruct (Pos.eq_dec k 1) as [->|K]. now left. right. assert (x = 0) as -> by (destruct C as [|[]]; try easy; lra).
      split. easy. apply root_neg; lia || lra. right. split; apply root_neg; lia || lra. }
    destruct X as [[-> ->]|[-> ->]]. easy. symmetry. now apply pw_0. Qed.
Lemma root_1 d : root d 1 = 1.
Proof. rewrite root_Rpower by lra. unfold Rpower. rewrite ln_1, Rmult_0_r. apply exp_0. Qed.
Lemma root_at_0 d : root d 0 = 0. Proof. destruct (Pos.eq_dec d 1) as [->|N]. reflexivity. apply root_neg; [easy|lra]. Qed.
Lemma root_times d x y : 0 <= x -> 0 <= y -> root d (x * y) = root d x * root d y.
Proof. intros X Y. destruct (Req_dec x 0) as [->|NX]. rewrite Rmult_0_l, root_at_0. ring. destruct (Req_dec y 0) as [->|NY]. rewrite Rmult_0_r, root_at_0. ring.
  rewrite !root_Rpower by (try apply Rmult_lt_0_compat; lra). symmetry. apply Rpower_mult_distr; lra. Qed.
Lemma root_pw d x z : 0 <= x -> root d (pw x z) = pw (root d x) z.
Proof. intro X. destruct (Req_dec x 0) as [->|N].
  - rewrite root_at_0. destruct (Z.eq_dec z 0) as [->|Z]. apply root_1. rewrite pw_0 by easy. apply root_at_0.
  - rewrite root_Rpower by (apply pw_pos; lra). rewrite !pw_Rpower by (try apply root_pos; lra). rewrite root_Rpower by lra. rewrite !Rpower_mult. f_equal. ring. Qed.
Lemma qpow_Rpower x q : 0 < x -> qpow x q = Rpower x (Q2R q).
Proof. intro H. unfold qpow. rewrite pw_Rpower by now apply root_pos. rewrite root_Rpower by easy. rewrite Rpower_mult. f_equal. unfold Q2R. ring. Qed.
Lemma qpow_whole x z : qpow x (z # 1) = pw x z. Proof. reflexivity. Qed.
Lemma qpow_pos x q : 0 < x -> 0 < qpow x q. Proof. intro H. apply pw_pos. now apply root_pos. Qed.
Lemma qpow_nn x q : 0 <= x -> 0 <= qpow x q. Proof. intro H. apply pw_nn. now apply root_nn. Qed.

(* --- templates: terms over x and y *)
Inductive un := Uexp | Ulog | Ulog2 | Ulog10 | Ulog1p | Uexpm1 | Ucbrt | Uabs | Usign | Ufloor | Uceil
  | Usin | Ucos | Utan | Ucot | Usec | Ucsc | Uasin | Uacos | Uatan | Uacot | Uasec | Uacsc
  | Usinh | Ucosh | Utanh | Ucoth | Usech | Ucsch | Uasinh | Uacosh | Uatanh | Uacoth | Uasech | Uacsch | Uerf | Uerfc.
Inductive bi := Bpow | Bhypot | Bxlogy | Bmin | Bmax.
Definition uv u : R -> R := match u with Uexp => exp | Ulog => ln | Ulog2 => log2 | Ulog10 => log10 | Ulog1p => log1p | Uexpm1 => expm1 | Ucbrt => cbrt
  | Uabs => Rabs | Usign => sign | Ufloor => floor | Uceil => ceil | Usin => sin | Ucos => cos | Utan => tan | Ucot => cot | Usec => sec | Ucsc => csc
  | Uasin => asin | Uacos => acos | Uatan => atan | Uacot => acot | Uasec => asec | Uacsc => acsc | Usinh => sinh | Ucosh => cosh | Utanh => tanh
  | Ucoth => coth | Usech => sech | Ucsch => csch | Uasinh => asinh | Uacosh => acosh | Uatanh => atanh | Uacoth => acoth | Uasech => asech
  | Uacsch => acsch | Uerf => erf | Uerfc => erfc end.
Definition bv b : R -> R -> R := match b with Bpow => rpow | Bhypot => hypot | Bxlogy => xlogy | Bmin => Rmin | Bmax => Rmax end.
Inductive tm := TX | TY | TC (c : Q) | TPi | TAdd (s t : tm) | TMul (s t : tm) | TPow (s : tm) (q : Q)
  | T1 (u : un) (s : tm) | T2 (b : bi) (s t : tm) | TSel (c : cmp) (p q s t : tm).
Section VALUE.
Variables x y : R.
Fixpoint tv (t : tm) : R := match t with TX => x | TY => y | TC c => qv c | TPi => PI | TAdd s t => tv s + tv t | TMul s t => tv s * tv t
  | TPow s q => qpow (tv s) q | T1 u s => uv u (tv s) | T2 b s t => bv b (tv s) (tv t) | TSel c p q s t => choose c (tv p) (tv q) (tv s) (tv t) end.
End VALUE.
Notation num z := (TC (z # 1)).
Notation neg t := (TMul (num (-1)) t).
Notation sq t := (TPow t (2 # 1)).
Notation rcp t := (TPow t (-1 # 1)).
(* what a condition says of a real *)
Inductive rel := Pos | Nonneg | Nonzero | Integer | Not_integer.
Definition rv r v : Prop := match r with Pos => 0 < v | Nonneg => 0 <= v | Nonzero => v <> 0 | Integer => exists z, v = IZR z
  | Not_integer => ~ exists z, v = IZR z end.
Definition conds := list (rel * tm).
Definition holds x y (cs : conds) := List.Forall (fun c => rv (fst c) (tv x y (snd c))) cs.

(* --- derivatives: conditions and template *)
Notation one_less_square := (TAdd (num 1) (neg (sq TX))).
Notation square_less_one := (TAdd (sq TX) (num (-1))).
Definition d_un u : conds * tm := match u with
  | Uexp => ([], T1 Uexp TX)
  | Ulog => ([(Pos, TX)], rcp TX)
  | Ulog2 => ([(Pos, TX)], rcp (TMul TX (T1 Ulog (num 2))))
  | Ulog10 => ([(Pos, TX)], rcp (TMul TX (T1 Ulog (num 10))))
  | Ulog1p => ([(Pos, TAdd (num 1) TX)], rcp (TAdd (num 1) TX))
  | Uexpm1 => ([], T1 Uexp TX)
  | Ucbrt => ([(Nonzero, TX)], rcp (TMul (num 3) (sq (T1 Ucbrt TX))))
  | Uabs => ([(Nonzero, TX)], T1 Usign TX)
  | Usign => ([(Nonzero, TX)], num 0)
  | Ufloor => ([(Not_integer, TX)], num 0)
  | Uceil => ([(Not_integer, TX)], num 0)
  | Usin => ([], T1 Ucos TX)
  | Ucos => ([], neg (T1 Usin TX))
  | Utan => ([(Nonzero, T1 Ucos TX)], TAdd (num 1) (sq (T1 Utan TX)))
  | Ucot => ([(Nonzero, T1 Usin TX)], neg (TAdd (num 1) (sq (T1 Ucot TX))))
  | Usec => ([(Nonzero, T1 Ucos TX)], TMul (T1 Usec TX) (T1 Utan TX))
  | Ucsc => ([(Nonzero, T1 Usin TX)], neg (TMul (T1 Ucsc TX) (T1 Ucot TX)))
  | Uasin => ([(Nonneg, one_less_square); (Pos, one_less_square)], TPow one_less_square (-1 # 2))
  | Uacos => ([(Nonneg, one_less_square); (Pos, one_less_square)], neg (TPow one_less_square (-1 # 2)))
  | Uatan => ([], rcp (TAdd (num 1) (sq TX)))
  | Uacot => ([(Nonzero, TX)], neg (rcp (TAdd (num 1) (sq TX))))
  | Uasec => ([(Nonneg, square_less_one); (Pos, square_less_one)], rcp (TMul (T1 Uabs TX) (TPow square_less_one (1 # 2))))
  | Uacsc => ([(Nonneg, square_less_one); (Pos, square_less_one)], neg (rcp (TMul (T1 Uabs TX) (TPow square_less_one (1 # 2)))))
  | Usinh => ([], T1 Ucosh TX)
  | Ucosh => ([], T1 Usinh TX)
  | Utanh => ([], TAdd (num 1) (neg (sq (T1 Utanh TX))))
  | Ucoth => ([(Nonzero, TX)], TAdd (num 1) (neg (sq (T1 Ucoth TX))))
  | Usech => ([], neg (TMul (T1 Usech TX) (T1 Utanh TX)))
  | Ucsch => ([(Nonzero, TX)], neg (TMul (T1 Ucsch TX) (T1 Ucoth TX)))
  | Uasinh => ([], TPow (TAdd (sq TX) (num 1)) (-1 # 2))
  | Uacosh => ([(Nonneg, TAdd TX (num (-1))); (Pos, TAdd TX (num (-1)))], TPow square_less_one (-1 # 2))
  | Uatanh => ([(Pos, one_less_square)], rcp one_less_square)
  | Uacoth => ([(Pos, square_less_one)], rcp one_less_square)
  | Uasech => ([(Pos, TX); (Nonneg, TAdd (num 1) (neg TX)); (Pos, TAdd (num 1) (neg TX))], neg (rcp (TMul TX (TPow one_less_square (1 # 2)))))
  | Uacsch => ([(Nonzero, TX)], neg (rcp (TMul (T1 Uabs TX) (TPow (TAdd (num 1) (sq TX)) (1 # 2)))))
  | Uerf => ([], TMul (TMul (num 2) (TPow TPi (-1 # 2))) (T1 Uexp (neg (sq TX))))
  | Uerfc => ([], TMul (TMul (num (-2)) (TPow TPi (-1 # 2))) (T1 Uexp (neg (sq TX))))
  end.
Lemma cosh_pos v : 0 < cosh v.
Proof. unfold cosh. pose proof (exp_pos v). pose proof (exp_pos (-v)). lra. Qed.
Lemma sinh_ne0 v : v <> 0 -> sinh v <> 0.
Proof. intros N. unfold sinh. intro E. assert (exp v = exp (- v)) as X by lra. apply exp_inv in X. lra. Qed.
Lemma cosh2 v : cosh v ^ 2 = 1 + sinh v ^ 2.
Proof. unfold cosh, sinh. assert (exp v * exp (- v) = 1) by (rewrite <- exp_plus; replace (v + - v) with 0 by ring; apply exp_0). nra. Qed.
Lemma atanh_dom v : 0 < 1 - v ^ 2 -> 0 < 1 + v /\ 0 < 1 - v. Proof. intro. split; nra. Qed.
Lemma der_asinh v : is_derive asinh v (/ sqrt (v ^ 2 + 1)).
Proof. unfold asinh. assert (P : 0 < v ^ 2 + 1) by nra. assert (S : 0 < sqrt (v ^ 2 + 1)) by now apply sqrt_lt_R0.
  assert (Q : 0 < v + sqrt (v ^ 2 + 1)). { pose proof (sqrt_sqrt (v ^ 2 + 1) ltac:(lra)). destruct (Rlt_dec 0 v); nra. }
  auto_derive. repeat split; try easy; replace (v * (v * 1) + 1) with (v ^ 2 + 1) by ring; easy.
  replace (v * (v * 1) + 1) with (v ^ 2 + 1) in * by ring. field. lra. Qed.
Lemma der_acosh v : 0 < v - 1 -> is_derive acosh v (/ sqrt (v ^ 2 - 1)).
Proof. intro H. unfold acosh. assert (P : 0 < v ^ 2 - 1) by nra. assert (S : 0 < sqrt (v ^ 2 - 1)) by now apply sqrt_lt_R0.
  auto_derive. replace (v * (v * 1) + - (1)) with (v ^ 2 - 1) by ring. repeat split; lra.
  replace (v * (v * 1) + - (1)) with (v ^ 2 - 1) by ring. field. lra. Qed.
Lemma der_atanh v : 0 < 1 - v ^ 2 -> is_derive atanh v (/ (1 - v ^ 2)).
Proof. intro H. destruct (atanh_dom v H). unfold atanh. auto_derive. lra. field. repeat split; lra. Qed.
Lemma sqrt_pw v : qpow v (1 # 2) = sqrt v. Proof. reflexivity. Qed.
Lemma isqrt_pw v : qpow v (-1 # 2) = / sqrt v. Proof. reflexivity. Qed.
Lemma der_asin v : 0 < 1 - v ^ 2 -> is_derive asin v (/ sqrt (1 - v ^ 2)).
Proof. intro H. assert (B : -1 < v < 1) by (split; nra). apply is_derive_Reals. apply derive_pt_eq_1 with (pr := derivable_pt_asin v B).
  rewrite derive_pt_asin. unfold Rsqr, Rdiv. rewrite Rmult_1_l. do 3 f_equal. ring. Qed.
Lemma der_acos v : 0 < 1 - v ^ 2 -> is_derive acos v (- / sqrt (1 - v ^ 2)).
Proof. intro H. assert (B : -1 < v < 1) by (split; nra). apply is_derive_Reals. apply derive_pt_eq_1 with (pr := derivable_pt_acos v B).
  rewrite derive_pt_acos. unfold Rsqr, Rdiv. replace (1 - v * v) with (1 - v ^ 2) by ring. ring. Qed.
Lemma square_gt1 v : 0 < v ^ 2 - 1 -> v <> 0. Proof. intros H ->. lra. Qed.
Lemma der_inv v : v <> 0 -> is_derive Rinv v (- / v ^ 2). Proof. intro N. exact (proj2 (d_inv v N)). Qed.
Lemma der_comp f g v df dg : is_derive f (g v) df -> is_derive g v dg -> is_derive (fun t => f (g t)) v (df * dg).
Proof. intros F G. evar_last. apply (is_derive_comp f g v _ _ F G). unfold scal; cbn; unfold mult; cbn. ring. Qed.
Lemma sqrt_inv_abs v : 0 < v ^ 2 - 1 -> sqrt (1 - (/ v) ^ 2) = sqrt (v ^ 2 - 1) / Rabs v.
Proof. intro H. pose proof (square_gt1 v H). rewrite <- (sqrt_Rsqr_abs v). unfold Rsqr. rewrite <- sqrt_div by nra. f_equal. field. easy. Qed.
Lemma Rabs_sq v : Rabs v * Rabs v = v * v. Proof. rewrite <- Rabs_mult. apply Rabs_pos_eq. nra. Qed.
Lemma inv_sq_lt v : 0 < v ^ 2 - 1 -> 0 < 1 - (/ v) ^ 2.
Proof. intro H. pose proof (square_gt1 v H). replace (1 - (/ v) ^ 2) with ((v ^ 2 - 1) * / (v * v)) by (field; easy). apply Rmult_lt_0_compat. easy. apply Rinv_0_lt_compat. nra. Qed.
Lemma gauss_continuous z : continuous (fun t : R => exp (- t ^ 2)) z.
Proof. apply (@ex_derive_continuous R_AbsRing R_NormedModule). auto_derive. easy. Qed.
Lemma der_gauss (v : R) : is_derive (fun x : R => RInt (fun t => exp (- t ^ 2)) 0 x) v (exp (- v ^ 2)).
Proof. apply (is_derive_RInt (fun t => exp (- t ^ 2)) _ 0).
  - apply filter_forall. intro x. apply (@RInt_correct R_CompleteNormedModule). apply (@ex_RInt_continuous R_CompleteNormedModule). intros z _. apply gauss_continuous.
  - apply gauss_continuous. Qed.
Lemma der_erf (v : R) : is_derive erf v (2 * / sqrt PI * exp (- v ^ 2)).
Proof. unfold erf. exact (is_derive_scal _ v (2 / sqrt PI) _ (der_gauss v)). Qed.
Lemma der_abs v : v <> 0 -> is_derive Rabs v (sign v). Proof. intro N. exact (proj2 (d_abs v N)). Qed.
Lemma der_root3 v : 0 < v -> is_derive (root 3) v (/ (3 * root 3 v ^ 2)).
Proof. intro H. apply is_derive_ext_loc with (fun t => Rpower t (/ 3)).
  - generalize (open_gt 0 v H). apply filter_imp. intros t Ht. now rewrite root_Rpower.
  - evar_last. exact (D_is_derive (d_rpow (/ 3) v H)). rewrite root_Rpower by easy. set (r := Rpower v (/ 3)).
    assert (R3 : r * r * r = v). { unfold r. rewrite <- !Rpower_plus. replace (/ 3 + / 3 + / 3) with 1 by lra. now apply Rpower_1. }
    assert (0 < r) by apply exp_pos. assert (E : Rpower v (/ 3 - 1) = r / v) by (unfold r, Rminus; rewrite Rpower_plus, Rpower_Ropp, Rpower_1 by easy; easy).
    rewrite E. rewrite <- R3. clearbody r. field. nra. Qed.
Lemma der_root3_neg v : v < 0 -> is_derive (root 3) v 0.
Proof. intro H. apply is_derive_ext_loc with (fun _ => 0). generalize (open_lt 0 v H). apply filter_imp. intros t Ht. symmetry. apply root_neg. easy. lra. apply @is_derive_const. Qed.
Lemma sign_const v : v <> 0 -> locally v (fun t => sign t = sign v).
Proof. intro N. destruct (Rlt_dec 0 v).
  - generalize (open_gt 0 v r). apply filter_imp. intros t Ht. now rewrite !sign_eq_1.
  - assert (H : v < 0) by lra. generalize (open_lt 0 v H). apply filter_imp. intros t Ht. now rewrite !sign_eq_m1. Qed.
Lemma floor_const v : (~ exists z, v = IZR z) -> locally v (fun t => floor t = floor v).
Proof. intro N. unfold floor. destruct (base_Int_part v) as [A B].
  assert (L : IZR (Int_part v) < v). { destruct A as [|E]; [easy|]. exfalso. apply N. now exists (Int_part v). }
  assert (U : v < IZR (Int_part v) + 1) by lra.
  generalize (filter_and _ _ (open_gt _ v L) (open_lt _ v U)). apply filter_imp. intros t [T1 T2]. f_equal.
  assert (E : (Int_part v + 1 = up t)%Z) by (apply tech_up; rewrite plus_IZR; lra). unfold Int_part at 1. rewrite <- E. lia. Qed.
Ltac use_conds := repeat match goal with H : List.Forall _ (_ :: _) |- _ => inversion H; clear H; subst | H : List.Forall _ [] |- _ => clear H end;
  cbn [fst snd rv tv bv uv] in *; rewrite ?sqrt_pw, ?isqrt_pw in *; unfold qpow, qv in *; cbn [Qnum Qden root pw] in *; change (Pos.to_nat 2) with 2%nat in *.
Definition d_ok u := forall y v, holds v y (fst (d_un u)) -> is_derive (uv u) v (tv v y (snd (d_un u))).
Ltac start := intros y v H; cbn [d_un fst snd] in *; unfold holds in H; use_conds.
Lemma d_Uexp : d_ok Uexp.
Proof. start. apply is_derive_exp. Qed.
Lemma d_Ulog : d_ok Ulog.
Proof. start. now apply is_derive_ln. Qed.
Lemma d_Ulog2 : d_ok Ulog2.
Proof. start. unfold log2. auto_derive. easy. field. split; [|lra]. rewrite <- ln_1. intro E. apply ln_inv in E; lra. Qed.
Lemma d_Ulog10 : d_ok Ulog10.
Proof. start. unfold log10. auto_derive. easy. field. split; [|lra]. rewrite <- ln_1. intro E. apply ln_inv in E; lra. Qed.
Lemma d_Ulog1p : d_ok Ulog1p.
Proof. start. unfold log1p. auto_derive. easy. field. lra. Qed.
Lemma d_Uexpm1 : d_ok Uexpm1.
Proof. start. unfold expm1. auto_derive. easy. ring. Qed.
Lemma d_Ucbrt : d_ok Ucbrt.
Proof. start. unfold cbrt. destruct (Rlt_dec 0 v) as [P|P].
    + evar_last. apply (is_derive_minus (root 3) (fun t => root 3 (- t)) v). now apply der_root3. apply (der_comp (root 3) Ropp v 0 (-1)). apply der_root3_neg. lra. auto_derive. easy. ring.
      rewrite (root_neg 3 (- v)) by easy || lra. unfold minus, plus, opp; cbn [AbelianGroup.plus]. cbn -[root]. rewrite Rminus_0_r. pose proof (root_pos 3 v P). field. lra.
    + assert (P' : 0 < - v) by lra. evar_last. apply (is_derive_minus (root 3) (fun t => root 3 (- t)) v). apply der_root3_neg. lra. apply (der_comp (root 3) Ropp v (/ (3 * root 3 (- v) ^ 2)) (-1)). now apply der_root3. auto_derive. easy. ring.
      rewrite (root_neg 3 v) by easy || lra. unfold minus, plus, opp; cbn -[root]. pose proof (root_pos 3 (- v) P'). field. lra. Qed.
Lemma d_Uabs : d_ok Uabs.
Proof. start. now apply der_abs. Qed.
Lemma d_Usign : d_ok Usign.
Proof. start. apply is_derive_ext_loc with (fun _ => sign v). generalize (sign_const v H2). apply filter_imp. easy. apply @is_derive_const. Qed.
Lemma d_Ufloor : d_ok Ufloor.
Proof. start. apply is_derive_ext_loc with (fun _ => floor v). generalize (floor_const v H2). apply filter_imp. easy. apply @is_derive_const. Qed.
Lemma d_Uceil : d_ok Uceil.
Proof. start. assert (M : ~ exists z, - v = IZR z). { intros [z E]. apply H2. exists (- z)%Z. rewrite opp_IZR. lra. }
    unfold ceil. apply is_derive_ext_loc with (fun _ => - floor (- v)).
    + pose proof (floor_const (- v) M) as L. pose proof (continuous_opp (fun t : R => t) v (continuous_id v)) as C. specialize (C _ L). unfold filtermap in C. revert C. apply filter_imp. intros t E. now rewrite <- E.
    + apply @is_derive_const. Qed.
Lemma d_Usin : d_ok Usin.
Proof. start. apply is_derive_sin. Qed.
Lemma d_Ucos : d_ok Ucos.
Proof. start. evar_last. apply is_derive_cos. ring. Qed.
Lemma d_Utan : d_ok Utan.
Proof. start. unfold tan. auto_derive. easy. field. easy. Qed.
Lemma d_Ucot : d_ok Ucot.
Proof. start. unfold cot. auto_derive. easy. pose proof (sin2_cos2 v) as S. unfold Rsqr in S. field_simplify; try easy. Qed.
Lemma d_Usec : d_ok Usec.
Proof. start. unfold sec, tan. auto_derive. easy. field. easy. Qed.
Lemma d_Ucsc : d_ok Ucsc.
Proof. start. unfold csc, cot. auto_derive. easy. field. easy. Qed.
Lemma d_Uasin : d_ok Uasin.
Proof. start. evar_last. apply der_asin. lra. do 2 f_equal. ring. Qed.
Lemma d_Uacos : d_ok Uacos.
Proof. start. evar_last. apply der_acos. lra. ring_simplify. do 3 f_equal. ring. Qed.
Lemma d_Uatan : d_ok Uatan.
Proof. start. evar_last. apply is_derive_atan. unfold Rsqr. f_equal. ring. Qed.
Lemma d_Uacot : d_ok Uacot.
Proof. start. unfold acot. evar_last. apply (der_comp atan Rinv). apply is_derive_atan. now apply der_inv. unfold Rsqr. field. split; [|easy]. nra. Qed.
Lemma d_Uasec : d_ok Uasec.
Proof. start. unfold asec. assert (Q : 0 < v ^ 2 - 1) by lra. pose proof (square_gt1 v Q). evar_last. apply (der_comp acos Rinv). apply der_acos. now apply inv_sq_lt. now apply der_inv.
    rewrite sqrt_inv_abs by easy. assert (0 < sqrt (v ^ 2 - 1)) by now apply sqrt_lt_R0. pose proof (Rabs_no_R0 v H). pose proof (Rabs_sq v) as S.
    replace (v ^ 2 + -1) with (v ^ 2 - 1) by ring. replace (v ^ 2) with (Rabs v * Rabs v) at 2 by (rewrite S; ring). field. lra. Qed.
Lemma d_Uacsc : d_ok Uacsc.
Proof. start. unfold acsc. assert (Q : 0 < v ^ 2 - 1) by lra. pose proof (square_gt1 v Q). evar_last. apply (der_comp asin Rinv). apply der_asin. now apply inv_sq_lt. now apply der_inv.
    rewrite sqrt_inv_abs by easy. assert (0 < sqrt (v ^ 2 - 1)) by now apply sqrt_lt_R0. pose proof (Rabs_no_R0 v H). pose proof (Rabs_sq v) as S.
    replace (v ^ 2 + -1) with (v ^ 2 - 1) by ring. replace (v ^ 2) with (Rabs v * Rabs v) at 2 by (rewrite S; ring). field. lra. Qed.
Lemma d_Usinh : d_ok Usinh.
Proof. start. unfold sinh, cosh. auto_derive. easy. field. Qed.
Lemma d_Ucosh : d_ok Ucosh.
Proof. start. unfold sinh, cosh. auto_derive. easy. field. Qed.
Lemma d_Utanh : d_ok Utanh.
Proof. start. evar_last. exact (D_is_derive (d_tanh v)). ring. Qed.
Lemma d_Ucoth : d_ok Ucoth.
Proof. start. unfold coth. evar_last. apply (der_comp Rinv tanh). apply der_inv. unfold tanh. intro E. apply (sinh_ne0 v H2). apply Rmult_integral in E as [E|E]. easy. pose proof (cosh_pos v). apply Rinv_neq_0_compat in E. easy. lra.
    exact (D_is_derive (d_tanh v)). pose proof (sinh_ne0 v H2). pose proof (cosh_pos v). unfold tanh. field. lra. Qed.
Lemma d_Usech : d_ok Usech.
Proof. start. unfold sech. evar_last. apply (der_comp Rinv cosh). apply der_inv. pose proof (cosh_pos v). lra. instantiate (1 := sinh v). unfold sinh, cosh. auto_derive. easy. field. pose proof (cosh_pos v). unfold tanh. field. lra. Qed.
Lemma d_Ucsch : d_ok Ucsch.
Proof. start. unfold csch. pose proof (sinh_ne0 v H2). evar_last. apply (der_comp Rinv sinh). now apply der_inv. instantiate (1 := cosh v). unfold sinh, cosh. auto_derive. easy. field. pose proof (cosh_pos v). unfold coth, tanh. field. lra. Qed.
Lemma d_Uasinh : d_ok Uasinh.
Proof. start. apply der_asinh. Qed.
Lemma d_Uacosh : d_ok Uacosh.
Proof. start. evar_last. apply der_acosh. lra. do 2 f_equal. Qed.
Lemma d_Uatanh : d_ok Uatanh.
Proof. start. evar_last. apply der_atanh. lra. f_equal. ring. Qed.
Lemma d_Uacoth : d_ok Uacoth.
Proof. start. unfold acoth. assert (Q : 0 < v ^ 2 - 1) by lra. pose proof (square_gt1 v Q). evar_last. apply (der_comp atanh Rinv). apply der_atanh. now apply inv_sq_lt. now apply der_inv. field. repeat split; lra || nra. Qed.
Lemma d_Uasech : d_ok Uasech.
Proof. start. unfold asech. assert (Q : 1 < / v). { rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. } evar_last. apply (der_comp acosh Rinv). apply der_acosh. lra. apply der_inv. lra.
    assert (E : sqrt ((/ v) ^ 2 - 1) = sqrt (1 + -1 * v ^ 2) / v). { replace v with (sqrt (Rsqr v)) at 3 by (apply sqrt_Rsqr; lra). unfold Rsqr. rewrite <- sqrt_div by nra. f_equal. field. lra. }
    rewrite E. assert (0 < sqrt (1 + -1 * v ^ 2)) by (apply sqrt_lt_R0; nra). field. lra. Qed.
Lemma d_Uacsch : d_ok Uacsch.
Proof. start. unfold acsch. evar_last. apply (der_comp asinh Rinv). apply der_asinh. now apply der_inv. pose proof (Rabs_no_R0 v H2) as A. pose proof (Rabs_sq v) as S. pose proof (Rabs_pos v).
    assert (E : sqrt ((/ v) ^ 2 + 1) = sqrt (1 + v ^ 2) / Rabs v). { rewrite <- (sqrt_Rsqr_abs v). unfold Rsqr. rewrite <- sqrt_div by nra. f_equal. field. lra. }
    rewrite E. assert (0 < sqrt (1 + v ^ 2)) by (apply sqrt_lt_R0; nra). replace (v ^ 2) with (Rabs v * Rabs v) at 2 by (rewrite S; ring). field. lra. Qed.
Lemma d_Uerf : d_ok Uerf.
Proof. start. evar_last. apply der_erf. ring_simplify. do 2 f_equal. ring. Qed.
Lemma d_Uerfc : d_ok Uerfc.
Proof. start. unfold erfc. evar_last. apply (is_derive_minus (fun _ => 1) erf). apply @is_derive_const. apply der_erf. unfold minus, plus, opp, zero; cbn. replace (-1 * (v * (v * 1))) with (- (v * (v * 1))) by ring. ring. Qed.
Lemma d_un_ok u : d_ok u.
Proof. destruct u; [exact d_Uexp|exact d_Ulog|exact d_Ulog2|exact d_Ulog10|exact d_Ulog1p|exact d_Uexpm1|exact d_Ucbrt|exact d_Uabs|exact d_Usign|exact d_Ufloor|exact d_Uceil|exact d_Usin|exact d_Ucos|exact d_Utan|exact d_Ucot|exact d_Usec|exact d_Ucsc|exact d_Uasin|exact d_Uacos|exact d_Uatan|exact d_Uacot|exact d_Uasec|exact d_Uacsc|exact d_Usinh|exact d_Ucosh|exact d_Utanh|exact d_Ucoth|exact d_Usech|exact d_Ucsch|exact d_Uasinh|exact d_Uacosh|exact d_Uatanh|exact d_Uacoth|exact d_Uasech|exact d_Uacsch|exact d_Uerf|exact d_Uerfc]. Qed.

(* --- derivatives of operations: alternatives of conditions and, for each argument, the factors of the partial derivative *)
Notation step_lt a b := (TSel Clt a b (num 1) (num 0)).
Notation half t := (TMul (TC (1 # 2)) t).
Definition d_bi b : list (conds * list tm) := match b with
  | Bpow => [([(Pos, TX)], [TMul TY (T2 Bpow TX (TAdd TY (num (-1)))); TMul (T1 Ulog TX) (T2 Bpow TX TY)])]
  | Bhypot => [([(Pos, TAdd (sq TX) (sq TY))], [TMul TX (rcp (T2 Bhypot TX TY)); TMul TY (rcp (T2 Bhypot TX TY))])]
  | Bxlogy => [([(Pos, TSel Ceq' TX (num 0) (num 1) TY); (Pos, TY)], [T1 Ulog TY; TMul TX (rcp TY)])]
  | Bmax => let c := [(Nonzero, TAdd TX (neg TY))] in let s := T1 Usign (TAdd TX (neg TY)) in
     [(c, [half (TAdd (num 1) s); half (TAdd (num 1) (neg s))]);
      (c, [step_lt TY TX; TAdd (num 1) (neg (step_lt TY TX))]); (c, [TAdd (num 1) (neg (step_lt TX TY)); step_lt TX TY])]
  | Bmin => let c := [(Nonzero, TAdd TX (neg TY))] in let s := T1 Usign (TAdd TY (neg TX)) in
     [(c, [half (TAdd (num 1) s); half (TAdd (num 1) (neg s))]);
      (c, [step_lt TX TY; TAdd (num 1) (neg (step_lt TX TY))]); (c, [TAdd (num 1) (neg (step_lt TY TX)); step_lt TY TX])] end.
Definition d_pow (q : Q) : conds * list tm := let r := (Qnum q - Zpos (Qden q) # Qden q)%Q in
  (match Qden q with 1%positive => if Z.ltb (Qnum q) 0 then [(Nonzero, TX)] else [] | _ => [(if Z.ltb (Qnum q) 0 then Pos else Nonneg, TX); (Pos, TX)] end,
   if Z.eqb (Qnum q) 0 then [num 0] else [TC q; if Z.eqb (Qnum r) 1 && Pos.eqb (Qden r) 1 then TX else TPow TX r]).
Fixpoint pl (x y : R) (ts : list tm) : R := match ts with [] => 1 | t :: ts => tv x y t * pl x y ts end.
Lemma der_pw z v : ((z < 0)%Z -> v <> 0) -> is_derive (fun t => pw t z) v (IZR z * pw v (z - 1)).
Proof. intro N. apply is_derive_ext with (fun t => powerRZ t z). intro; now rewrite pwR. destruct (Z_le_dec 1 z) as [P|P].
  - set (m := Z.to_nat (z - 1)). assert (Hz : z = Z.of_nat (S m)) by (unfold m; lia). clearbody m. clear N P. subst z.
    apply is_derive_ext with (fun t => t ^ (S m)). intro; apply pow_powerRZ.
    evar_last. exact (D_is_derive (Sums.d_pow _ v)). rewrite INR_IZR_INZ. f_equal. cbn [pred]. rewrite pwR, pow_powerRZ. f_equal. lia.
  - destruct (Z.eq_dec z 0) as [->|Z]. cbn. evar_last. apply is_derive_const. unfold zero; cbn. ring.
    specialize (N ltac:(lia)). apply is_derive_ext with (fun t => / (t ^ (Z.to_nat (- z)))). { intro t. rewrite pow_powerRZ, Z2Nat.id by lia. now rewrite powerRZ_neg', Rinv_inv. }
    set (m := Z.to_nat (- z)). assert (Hz : z = (- Z.of_nat m)%Z) by (unfold m; lia). clearbody m. clear Z P. subst z. rewrite pwR.
    evar_last. refine (D_is_derive (D_inv _ (Sums.d_pow m v))). now apply pow_nonzero. rewrite opp_IZR, <- INR_IZR_INZ.
    destruct m. cbn. rewrite Ropp_0. ring. replace (- Z.of_nat (S m) - 1)%Z with (- Z.of_nat (S (S m)))%Z by lia. rewrite powerRZ_neg', <- pow_powerRZ. cbn [pred pow]. field. split; [now apply pow_nonzero|easy]. Qed.
Lemma der_qpow q v : 0 < v -> is_derive (fun t => qpow t q) v (Q2R q * qpow v (Qnum q - Zpos (Qden q) # Qden q)).
Proof. intro H. apply is_derive_ext_loc with (fun t => Rpower t (Q2R q)).
  - generalize (open_gt 0 v H). apply filter_imp. intros t Ht. symmetry. now apply qpow_Rpower.
  - evar_last. exact (D_is_derive (d_rpow (Q2R q) v H)). f_equal. rewrite qpow_Rpower by easy. f_equal. unfold Q2R; cbn [Qnum Qden]. rewrite minus_IZR. field. apply not_0_IZR. lia. Qed.
Lemma d_pow_ok q v : holds v v (fst (d_pow q)) -> is_derive (fun t => qpow t q) v (pl v v (snd (d_pow q))).
Proof. unfold d_pow, holds. destruct q as [n d]; cbn [Qnum Qden fst snd]. intro H.
  assert (E : (n = 0%Z /\ is_derive (fun t => qpow t (n # d)) v 0) \/ (n <> 0%Z /\ is_derive (fun t => qpow t (n # d)) v (qv (n # d) * qpow v (n - Zpos d # d)))).
  { destruct (Z.eq_dec n 0) as [->|N]; [left; split; [easy|]|right; split; [easy|]].
    - apply is_derive_ext with (fun _ => 1). reflexivity. apply @is_derive_const.
    - destruct (Pos.eq_dec d 1) as [->|D].
      + unfold qpow, qv; cbn [Qnum Qden root]. apply der_pw. intro L. destruct (Z.ltb_spec n 0); [|lia]. inversion H; subst. easy.
      + rewrite qvR. apply der_qpow. destruct d; try easy; inversion H as [|? ? _ H2]; inversion H2; subst; easy. }
  destruct E as [[-> E]|[N E]]. cbn. replace (0 * 1) with 0 by ring. exact E.
  destruct (Z.eqb_spec n 0); [easy|]. cbn [pl tv]. rewrite Rmult_1_r. destruct (Z.eqb_spec (n - Zpos d) 1) as [K|K]; [|exact E]. destruct (Pos.eqb_spec d 1); [|exact E]. subst d. rewrite K in E. exact E. Qed.
Lemma der_ext_near (f g : R -> R -> R) (P : R -> R -> Prop) (a b : R -> R) (x df : R) : (forall u v, P u v -> f u v = g u v) -> locally x (fun t => P (a t) (b t)) -> is_derive (fun t => g (a t) (b t)) x df -> is_derive (fun t => f (a t) (b t)) x df.
Proof. intros E L D. apply is_derive_ext_loc with (2 := D). revert L. apply filter_imp. intros t Pt. symmetry. now apply E. Qed.
Lemma continuous_lt (a b : R -> R) (x : R) : continuous a x -> continuous b x -> a x < b x -> locally x (fun t => a t < b t).
Proof. intros A B L. assert (C : continuous (fun t => b t - a t) x) by now apply @continuous_minus.
  assert (P : 0 < b x - a x) by lra. specialize (C _ (open_gt 0 _ P)). unfold filtermap in C. revert C. apply filter_imp. intros. lra. Qed.
Lemma der_continuous (a : R -> R) (x da : R) : is_derive a x da -> continuous a x.
Proof. intro A. apply (@ex_derive_continuous R_AbsRing R_NormedModule). now exists da. Qed.
Lemma near_lt (a b : R -> R) (x da db : R) : is_derive a x da -> is_derive b x db -> a x < b x -> locally x (fun t => a t < b t).
Proof. intros A B. apply continuous_lt. now apply der_continuous with da. now apply der_continuous with db. Qed.
Lemma near_pos (a : R -> R) (x da : R) : is_derive a x da -> 0 < a x -> locally x (fun t => 0 < a t).
Proof. intros A L. apply (near_lt (fun _ => 0) a x 0 da); try easy. apply @is_derive_const. Qed.
Lemma choose_lt_yes x y u v : x < y -> choose Clt x y u v = u. Proof. intro. cbn. destruct (Rlt_dec x y); lra. Qed.
Lemma choose_lt_no x y u v : y <= x -> choose Clt x y u v = v. Proof. intro. cbn. destruct (Rlt_dec x y); lra. Qed.
Ltac fin := lra || (unfold qv; cbn [Qnum Qden]; lra) || (unfold qv; cbn [Qnum Qden]; field; lra).
Lemma d_bi_ok b alt (a c : R -> R) (x da dc : R) : In alt (d_bi b) -> is_derive a x da -> is_derive c x dc -> holds (a x) (c x) (fst alt) ->
  is_derive (fun t => bv b (a t) (c t)) x (nth 0 (map (tv (a x) (c x)) (snd alt)) 0 * da + nth 1 (map (tv (a x) (c x)) (snd alt)) 0 * dc).
Proof. intros I A C H. unfold holds in H. destruct b; cbn [d_bi] in I; cbv zeta in I.
  - destruct I as [<-|[]]. cbn [fst snd map nth tv bv uv] in *. use_conds. apply (der_ext_near rpow Rpower (fun u _ => 0 < u)). intros u v U. now apply rpow_Rpower. now apply near_pos with da.
    unfold Rpower. assert (G : is_derive (fun t => exp (c t * ln (a t))) x (exp (c x * ln (a x)) * (dc * ln (a x) + c x * (/ a x * da)))).
    { apply (der_comp exp). apply is_derive_exp. apply (is_derive_mult c (fun t => ln (a t)) x dc (/ a x * da) C). apply (der_comp ln). now apply is_derive_ln. easy. intros; apply Rmult_comm. }
    evar_last. exact G. rewrite !rpow_Rpower by easy. unfold Rpower. replace ((c x + -1) * ln (a x)) with (c x * ln (a x) + - ln (a x)) by ring. rewrite exp_plus, exp_Ropp, exp_ln by easy. field. lra.
  - destruct I as [<-|[]]. cbn [fst snd map nth tv bv uv] in *. use_conds. unfold hypot. assert (S : 0 < sqrt (a x ^ 2 + c x ^ 2)) by now apply sqrt_lt_R0.
    assert (G : is_derive (fun t => sqrt (a t ^ 2 + c t ^ 2)) x (/ (2 * sqrt (a x ^ 2 + c x ^ 2)) * (2 * a x * da + 2 * c x * dc))).
    { apply (der_comp sqrt). evar_last. refine (D_is_derive (d_sqrt _ _)). easy. easy. apply @is_derive_plus.
      evar_last. apply (der_comp (fun t => t ^ 2) a). auto_derive. easy. reflexivity. exact A. cbn. ring. evar_last. apply (der_comp (fun t => t ^ 2) c). auto_derive. easy. reflexivity. exact C. cbn. ring. }
    evar_last. exact G. field. lra.
  - destruct I as [<-|[]]. cbn [fst snd map nth tv bv uv] in *. use_conds. unfold xlogy. evar_last. apply (is_derive_mult a (fun t => ln (c t)) x da (/ c x * dc) A). apply (der_comp ln). now apply is_derive_ln. easy. intros; apply Rmult_comm. unfold plus, mult; cbn. field. lra.
  - assert (N : a x <> c x) by (destruct I as [<-|[<-|[<-|[]]]]; inversion H; subst; cbn [fst snd rv tv] in *; unfold qv in *; cbn [Qnum Qden] in *; lra). clear H.
    destruct (Rlt_dec (a x) (c x)) as [L|L].
    + apply is_derive_ext_loc with a. generalize (near_lt a c x da dc A C L). apply filter_imp. intros t T. cbn. symmetry. apply Rmin_left. lra.
      destruct I as [<-|[<-|[<-|[]]]]; cbn [fst snd map nth tv uv]; rewrite ?choose_lt_yes by lra; rewrite ?(choose_lt_no (c x)) by lra; rewrite ?sign_eq_1 by (unfold qv; cbn [Qnum Qden]; lra); evar_last; [exact A| |exact A| |exact A|]; fin.
    + assert (M : c x < a x) by lra. apply is_derive_ext_loc with c. generalize (near_lt c a x dc da C A M). apply filter_imp. intros t T. cbn. symmetry. apply Rmin_right. lra.
      destruct I as [<-|[<-|[<-|[]]]]; cbn [fst snd map nth tv uv]; rewrite ?(choose_lt_yes (c x)) by lra; rewrite ?(choose_lt_no (a x)) by lra; rewrite ?sign_eq_m1 by (unfold qv; cbn [Qnum Qden]; lra); evar_last; [exact C| |exact C| |exact C|]; fin.
  - assert (N : a x <> c x) by (destruct I as [<-|[<-|[<-|[]]]]; inversion H; subst; cbn [fst snd rv tv] in *; unfold qv in *; cbn [Qnum Qden] in *; lra). clear H.
    destruct (Rlt_dec (a x) (c x)) as [L|L].
    + apply is_derive_ext_loc with c. generalize (near_lt a c x da dc A C L). apply filter_imp. intros t T. cbn. symmetry. apply Rmax_right. lra.
      destruct I as [<-|[<-|[<-|[]]]]; cbn [fst snd map nth tv uv]; rewrite ?(choose_lt_yes (a x)) by lra; rewrite ?(choose_lt_no (c x)) by lra; rewrite ?sign_eq_m1 by (unfold qv; cbn [Qnum Qden]; lra); evar_last; [exact C| |exact C| |exact C|]; fin.
    + assert (M : c x < a x) by lra. apply is_derive_ext_loc with a. generalize (near_lt c a x dc da C A M). apply filter_imp. intros t T. cbn. symmetry. apply Rmax_left. lra.
      destruct I as [<-|[<-|[<-|[]]]]; cbn [fst snd map nth tv uv]; rewrite ?(choose_lt_yes (c x)) by lra; rewrite ?(choose_lt_no (a x)) by lra; rewrite ?sign_eq_1 by (unfold qv; cbn [Qnum Qden]; lra); evar_last; [exact A| |exact A| |exact A|]; fin. Qed.

(* where the exponent is whole and does not move *)
Definition d_whole_power : list (conds * list tm) := let d := [TMul TY (T2 Bpow TX (TAdd TY (num (-1)))); num 0] in
  [([(Nonzero, TX); (Integer, TY)], d); ([(Nonneg, TY); (Integer, TY)], d)].
Lemma d_whole_power_ok alt (a : R -> R) c x da dc : In alt d_whole_power -> is_derive a x da -> holds (a x) c (fst alt) ->
  is_derive (fun t => rpow (a t) c) x (nth 0 (map (tv (a x) c) (snd alt)) 0 * da + nth 1 (map (tv (a x) c) (snd alt)) 0 * dc).
Proof. intros I A H. assert (E : exists z, c = IZR z /\ ((z < 0)%Z -> a x <> 0) /\ snd alt = [TMul TY (T2 Bpow TX (TAdd TY (num (-1)))); num 0]).
  { unfold holds in H. destruct I as [<-|[<-|[]]]; cbn [fst snd] in *; use_conds; match goal with K : exists z, _ |- _ => destruct K as [z ->] end; exists z; repeat split; try easy. intro L. apply IZR_lt in L. lra. }
  destruct E as (z & -> & N & ->). cbn [map nth tv bv]. unfold qv; cbn [Qnum Qden]. replace (IZR z + -1) with (IZR (z - 1)) by (rewrite minus_IZR; ring). rewrite rpow_whole.
  apply is_derive_ext with (fun t => pw (a t) z). intro; symmetry; apply rpow_whole. evar_last. apply (der_comp (fun v => pw v z)). now apply der_pw. exact A. ring. Qed.

(* --- a choice: one of two functions near a point where the numbers that are compared differ, or where they do not move *)
Definition contrary (c : cmp) : tm := match c with Clt => TSel Cle TY TX (num 1) (num 0) | Cle => TSel Clt TY TX (num 1) (num 0)
  | Ceq' => TSel Cne' TX TY (num 1) (num 0) | Cne' => TSel Ceq' TX TY (num 1) (num 0) end.
Definition d_choose (c : cmp) : list (list tm) := [[TSel c TX TY (num 1) (num 0)]; [contrary c]].
Lemma contrary_ok c x y : tv x y (contrary c) = choose c x y 0 1.
Proof. destruct c; cbn [contrary tv choose]; unfold qv; cbn [Qnum Qden]; repeat match goal with |- context[if ?d then _ else _] => destruct d end; lra. Qed.
Lemma choose_either c p q : (forall u v, choose c p q u v = u) \/ (forall u v, choose c p q u v = v).
Proof. destruct c; cbn [choose]; match goal with |- context[if ?d then _ else _] => destruct d end; auto. Qed.
Lemma choose_near c (p q : R -> R) (x : R) : continuous p x -> continuous q x -> p x <> q x -> locally x (fun t => forall u v, choose c (p t) (q t) u v = choose c (p x) (q x) u v).
Proof. intros P Q N. destruct (Rlt_dec (p x) (q x)) as [L|L].
  - generalize (continuous_lt p q x P Q L). apply filter_imp. intros t T u v. destruct c; cbn [choose]; repeat match goal with |- context[if ?d then _ else _] => destruct d end; lra.
  - assert (M : q x < p x) by lra. generalize (continuous_lt q p x Q P M). apply filter_imp. intros t T u v. destruct c; cbn [choose]; repeat match goal with |- context[if ?d then _ else _] => destruct d end; lra. Qed.
Lemma der_choose c (p q u v : R -> R) (x du dv : R) : is_derive u x du -> is_derive v x dv ->
  (forall t, p t = p x /\ q t = q x) \/ (continuous p x /\ continuous q x /\ p x <> q x) \/ ((c = Ceq' \/ c = Cne') /\ locally x (fun t => p t = q t <-> p x = q x)) ->
  is_derive (fun t => choose c (p t) (q t) (u t) (v t)) x (choose c (p x) (q x) 1 0 * du + tv (p x) (q x) (contrary c) * dv).
Proof. intros U V B. rewrite contrary_ok.
  assert (E : locally x (fun t => forall a b, choose c (p t) (q t) a b = choose c (p x) (q x) a b)).
  { destruct B as [B|B]. apply filter_forall. intros t a b. now destruct (B t) as [-> ->]. destruct B as [(P & Q & N)|[C H]]. now apply choose_near.
    revert H. apply filter_imp. intros t T a b. destruct C as [-> | ->]; cbn [choose]; destruct (Req_EM_T (p t) (q t)), (Req_EM_T (p x) (q x)); tauto || easy. }
  destruct (choose_either c (p x) (q x)) as [C|C]; rewrite !C.
  - apply is_derive_ext_loc with u. revert E. apply filter_imp. intros t T. now rewrite T, C. replace (1 * du + 0 * dv) with du by ring. exact U.
  - apply is_derive_ext_loc with v. revert E. apply filter_imp. intros t T. now rewrite T, C. replace (0 * du + 1 * dv) with dv by ring. exact V. Qed.

(* --- signs and continuity *)
Definition positive_fun u := match u with Uexp | Ucosh | Usech => true | _ => false end.
Definition nonneg_fun u := match u with Uabs => true | _ => positive_fun u end.
Definition sign_of_argument u := match u with Uexpm1 | Usinh | Utanh | Uatan | Usign | Ucbrt | Uasinh | Uerf => true | _ => false end.
Definition continuous_fun u := match u with Uexp | Uexpm1 | Uabs | Usin | Ucos | Uatan | Usinh | Ucosh | Utanh | Usech | Uasinh | Uerf | Uerfc => true | _ => false end.
Lemma positive_fun_ok u v : positive_fun u = true -> 0 < uv u v.
Proof. destruct u; try easy; intros _; cbn. apply exp_pos. apply cosh_pos. apply Rinv_0_lt_compat, cosh_pos. Qed.
Lemma nonneg_fun_ok u v : nonneg_fun u = true -> 0 <= uv u v.
Proof. destruct u; try easy; intros _; try (apply Rlt_le, positive_fun_ok; reflexivity). apply Rabs_pos. Qed.
Lemma sinh_0' : sinh 0 = 0. Proof. unfold sinh. rewrite Ropp_0. lra. Qed.
Lemma sinh_pos v : 0 < v -> 0 < sinh v.
Proof. intro H. unfold sinh. assert (exp (- v) < exp v) by (apply exp_increasing; lra). lra. Qed.
Lemma sinh_opp v : sinh (- v) = - sinh v. Proof. unfold sinh. rewrite Ropp_involutive. lra. Qed.
Lemma cosh_opp v : cosh (- v) = cosh v. Proof. unfold cosh. rewrite Ropp_involutive. lra. Qed.
Lemma cbrt_pos v : 0 < v -> 0 < cbrt v.
Proof. intro H. unfold cbrt. rewrite (root_neg 3 (- v)) by easy || lra. pose proof (root_pos 3 v H). lra. Qed.
Lemma asinh_pos v : 0 < v -> 0 < asinh v.
Proof. intro H. unfold asinh. rewrite <- ln_1. apply ln_increasing. lra. assert (1 < sqrt (v ^ 2 + 1)). { rewrite <- sqrt_1 at 1. apply sqrt_lt_1; nra. } lra. Qed.
Lemma asinh_opp v : asinh (- v) = - asinh v.
Proof. unfold asinh. assert (S : 0 < sqrt (v ^ 2 + 1)) by (apply sqrt_lt_R0; nra). pose proof (sqrt_sqrt (v ^ 2 + 1) ltac:(nra)) as Q. replace ((- v) ^ 2) with (v ^ 2) by ring.
  assert (P : 0 < v + sqrt (v ^ 2 + 1)) by (destruct (Rlt_dec 0 v); nra). rewrite <- ln_Rinv by easy. f_equal. apply Rmult_eq_reg_r with (v + sqrt (v ^ 2 + 1)). 2: lra. rewrite Rinv_l by lra. nra. Qed.
Lemma erf_increasing x y : x < y -> erf x < erf y.
Proof. intro L. apply (incr_function erf m_infty p_infty (fun v => 2 * / sqrt PI * exp (- v ^ 2))); try easy.
  - intros v _ _. apply der_erf.
  - intros v _ _. apply Rmult_lt_0_compat; [|apply exp_pos]. apply Rmult_lt_0_compat; [lra|]. apply Rinv_0_lt_compat, sqrt_lt_R0, PI_RGT_0. Qed.
Lemma erf_0 : erf 0 = 0. Proof. unfold erf. rewrite RInt_point. unfold zero; cbn. ring. Qed.
Lemma sign_of_argument_ok u : sign_of_argument u = true -> (forall v, uv u (- v) = - uv u v /\ (0 < v -> 0 < uv u v)) \/ u = Uexpm1 \/ u = Uerf.
Proof. destruct u; try easy; intros _; try (right; auto; fail); left; intro v; cbn; (split; [|intro H]).
  - unfold cbrt. rewrite Ropp_involutive. ring.
  - now apply cbrt_pos.
  - apply sign_opp.
  - rewrite sign_eq_1 by easy. lra.
  - apply atan_opp.
  - rewrite <- atan_0. now apply atan_increasing.
  - apply sinh_opp.
  - now apply sinh_pos.
  - unfold tanh. rewrite sinh_opp, cosh_opp. field. apply Rgt_not_eq, cosh_pos.
  - unfold tanh. apply Rdiv_lt_0_compat. now apply sinh_pos. apply cosh_pos.
  - apply asinh_opp.
  - now apply asinh_pos. Qed.
Lemma sign_of_argument_cases u v : sign_of_argument u = true -> (0 < v -> 0 < uv u v) /\ (v < 0 -> uv u v < 0) /\ (v = 0 -> uv u v = 0).
Proof. intro H. destruct (sign_of_argument_ok u H) as [O|[-> | ->]].
  - destruct (O v) as [O1 P]. repeat split; try easy.
    + intro N. destruct (O (- v)) as [_ P']. specialize (P' ltac:(lra)). lra.
    + intros ->. rewrite Ropp_0 in O1. lra.
  - cbn. unfold expm1. repeat split; intro K. pose proof (exp_increasing 0 v K). rewrite exp_0 in *. lra. pose proof (exp_increasing v 0 K). rewrite exp_0 in *. lra. subst. rewrite exp_0. ring.
  - cbn. pose proof erf_0 as Z. repeat split; intro K. pose proof (erf_increasing 0 v K). lra. pose proof (erf_increasing v 0 K). lra. now subst. Qed.
Lemma continuous_fun_ok u v : continuous_fun u = true -> continuous (uv u) v.
Proof. intro H. assert (E : u = Uabs \/ fst (d_un u) = []) by (destruct u; try easy; auto). destruct E as [->|E]. apply continuous_Rabs.
  apply (@ex_derive_continuous R_AbsRing R_NormedModule). eexists. apply (d_un_ok u v). rewrite E. constructor. Qed.
