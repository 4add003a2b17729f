(* The greatest and the least of some numbers, and its derivative: that of the number which attains it alone. *)
From Coq Require Import Reals Lra Lia Arith PArith List Bool.
From Coquelicot Require Import Coquelicot.
From Wengert Require Import Sums Functions Ring.
Import ListNotations.
Open Scope R_scope.
Lemma locally_bounded n (Q : nat -> R -> Prop) x : (forall i, (i < n)%nat -> locally x (Q i)) -> locally x (fun t => forall i, (i < n)%nat -> Q i t).
Proof. induction n; intro H. apply filter_forall. intros t i L. lia.
  generalize (filter_and _ _ (IHn (fun i L => H i (Nat.lt_lt_succ_r _ _ L))) (H n (Nat.lt_succ_diag_r n))). apply filter_imp. intros t [P1 P2] i L. destruct (Nat.eq_dec i n) as [->|N]; [easy|]. apply P1. lia. Qed.
Lemma locally_inr ds : forall (Q : list nat -> R -> Prop) x, (forall e, inr ds e -> locally x (Q e)) -> locally x (fun t => forall e, inr ds e -> Q e t).
Proof. induction ds as [|d ds IH]; intros Q x H.
  - generalize (H [] (Forall2_nil _)). apply filter_imp. intros t P e I. now inversion I.
  - assert (K : locally x (fun t => forall i, (i < d)%nat -> forall e, inr ds e -> Q (i :: e) t)). { apply locally_bounded. intros i L. apply (IH (fun e => Q (i :: e))). intros e I. apply H. now constructor. }
    revert K. apply filter_imp. intros t P e I. inversion I; subst. now apply P. Qed.
Lemma attained r K f : (0 < K)%nat -> r <> Eprod -> exists k, (k < K)%nat /\ bred r K f = f k.
Proof. intros P N. induction K as [|[|K] IH]; [lia|exists 0%nat; split; [lia|now destruct r]|]. destruct IH as (k & L & E); [lia|]. destruct r; [easy| |]; cbn [bred] in *.
  - change (bmax (S (S K)) f) with (Rmax (bmax (S K) f) (f (S K))). unfold Rmax. destruct (Rle_dec _ _). exists (S K). split; [lia|easy]. exists k. split; [lia|easy].
  - change (bmin (S (S K)) f) with (Rmin (bmin (S K) f) (f (S K))). unfold Rmin. destruct (Rle_dec _ _). exists k. split; [lia|easy]. exists (S K). split; [lia|easy]. Qed.
Lemma mred_attained r ds : r <> Eprod -> (forall d, In d ds -> (0 < d)%nat) -> forall f, exists l, inr ds l /\ mred r ds f = f l.
Proof. intros N. induction ds as [|d ds IH]; intros P f; cbn [mred]. exists []. split; [constructor|easy]. destruct (attained r d (fun i => mred r ds (fun l => f (i :: l)))) as (k & L & ->); [apply P; now left|easy|].
  destruct (IH (fun d I => P d (or_intror I)) (fun l => f (k :: l))) as (l & J & ->). exists (k :: l). split; [now constructor|easy]. Qed.
(* a number that r prefers to another, or not the other to it *)
Definition above (r : red) (a b : R) : Prop := match r with Emin => b <= a | _ => a <= b end.
Definition beyond (r : red) (a b : R) : Prop := match r with Emin => b < a | _ => a < b end.
Lemma bred_above r K f : r <> Eprod -> forall k, (k < K)%nat -> above r (f k) (bred r K f).
Proof. intro N. induction K as [|[|K] IH]; intros k L; [lia| |].
  - replace k with 0%nat by lia. destruct r; [easy| |]; cbn; lra.
  - assert (H : (k < S K)%nat \/ k = S K) by lia. destruct r; [easy| |]; cbn [bred above] in *.
    + change (f k <= Rmax (bmax (S K) f) (f (S K))). destruct H as [H| ->]. eapply Rle_trans; [now apply IH|apply Rmax_l]. apply Rmax_r.
    + change (Rmin (bmin (S K) f) (f (S K)) <= f k). destruct H as [H| ->]. eapply Rle_trans; [apply Rmin_l|now apply IH]. apply Rmin_r. Qed.
Lemma mred_above r ds : r <> Eprod -> forall f l, inr ds l -> above r (f l) (mred r ds f).
Proof. intro N. induction ds as [|d ds IH]; intros f l I; inversion I as [|i d0 l' ds0 L J]; subst; cbn [mred]. destruct r; cbn; lra.
  pose proof (IH (fun l => f (i :: l)) l' J) as H1. pose proof (bred_above r d (fun i => mred r ds (fun l => f (i :: l))) N i L) as H2. destruct r; cbn [above] in *; lra. Qed.
Lemma inr_some ds l : inr ds l -> forall d, In d ds -> (0 < d)%nat.
Proof. intros I. induction I as [|i d l ds L I IH]; intros d' J; [destruct J|]. destruct J as [<-|J]; [lia|auto]. Qed.
(* what is alone at the top stays there *)
Lemma alone r ds f l : r <> Eprod -> inr ds l -> (forall k, inr ds k -> k <> l -> beyond r (f k) (f l)) -> mred r ds f = f l.
Proof. intros N I H. destruct (mred_attained r ds N (inr_some ds l I) f) as (k & J & E). destruct (list_eq_dec Nat.eq_dec k l) as [->|D]; [easy|].
  specialize (H k J D). pose proof (mred_above r ds N f l I) as A. rewrite E in A. destruct r; cbn [above beyond] in *; lra. Qed.
(* sums of what is 0 or 1 *)
Lemma bsum_single K f k : (k < K)%nat -> (forall j, (j < K)%nat -> j <> k -> f j = 0) -> bsum K f = f k.
Proof. intros L H. rewrite (bsum_ext K f (fun j => f j * delta j k)). now apply bsum_delta_r. intros j Lj. unfold delta. destruct (Nat.eqb_spec j k). ring. rewrite H by easy. ring. Qed.
Lemma msum_single ds : forall f l, inr ds l -> (forall k, inr ds k -> k <> l -> f k = 0) -> msum ds f = f l.
Proof. induction ds as [|d ds IH]; intros f l I H; inversion I as [|i d0 l' ds0 L J]; subst; cbn [msum]; [easy|]. rewrite (bsum_single d _ i L).
  - apply (IH (fun l => f (i :: l))); [easy|]. intros k Ik D. apply H. now constructor. congruence.
  - intros j Lj D. rewrite (msum_ext ds _ (fun _ => 0)). apply msum_zero. intros k Ik. apply H. now constructor. congruence. Qed.
Lemma msum_whole ds : forall f, (forall l, inr ds l -> exists n, f l = INR n) -> exists n, msum ds f = INR n.
Proof. induction ds as [|d ds IH]; intros f H; cbn [msum]. apply H. constructor. assert (K : forall i, (i < d)%nat -> exists n, msum ds (fun l => f (i :: l)) = INR n). { intros i L. apply IH. intros l I. apply H. now constructor. }
  clear H IH. induction d as [|d IHd]; cbn [bsum]. now exists 0%nat. destruct IHd as [n E]. intros i L. apply K. lia. destruct (K d ltac:(lia)) as [m M]. exists (n + m)%nat. now rewrite plus_INR, E, M. Qed.
Lemma msum_nonneg ds : forall f, (forall l, inr ds l -> 0 <= f l) -> 0 <= msum ds f.
Proof. induction ds; cbn; intros f Hf. apply Hf. constructor. apply nn_bsum. intros i Hi. apply IHds. intros. apply Hf. now constructor. Qed.
Lemma msum_least ds : forall f l, (forall l, inr ds l -> 0 <= f l) -> inr ds l -> f l <= msum ds f.
Proof. induction ds as [|d ds IH]; intros f l H I; inversion I as [|i d0 l' ds0 L J]; subst; cbn [msum]; [lra|].
  assert (P : forall j, (j < d)%nat -> 0 <= msum ds (fun l => f (j :: l))) by (intros j Lj; apply (msum_nonneg ds (fun l => f (j :: l))); intros; apply H; now constructor).
  apply Rle_trans with (msum ds (fun l => f (i :: l))). apply (IH (fun l => f (i :: l))); [|easy]. intros; apply H; now constructor. clear - P L. induction d as [|d IHd]; [lia|]. cbn [bsum]. destruct (Nat.eq_dec i d) as [->|D].
  - assert (0 <= bsum d (fun i => msum ds (fun l => f (i :: l)))) by (apply nn_bsum; intros; apply P; lia). lra.
  - pose proof (P d ltac:(lia)). assert (msum ds (fun l => f (i :: l)) <= bsum d (fun i => msum ds (fun l => f (i :: l)))) by (apply IHd; [lia|intros; apply P; lia]). lra. Qed.
Lemma one_only ds f : (forall l, inr ds l -> f l = 0 \/ f l = 1) -> msum ds f = 1 -> exists l, inr ds l /\ forall k, inr ds k -> k <> l -> f k = 0.
Proof. revert f. induction ds as [|d ds IH]; intros f H E; cbn [msum] in E. exists []. split; [constructor|]. intros k I D. inversion I. now subst.
  assert (W : forall i, (i < d)%nat -> exists n, msum ds (fun l => f (i :: l)) = INR n). { intros i L. apply msum_whole. intros l I. destruct (H (i :: l)) as [Z|O]; [now constructor|exists 0%nat; easy|exists 1%nat; easy]. }
  assert (B : exists i, (i < d)%nat /\ msum ds (fun l => f (i :: l)) = 1 /\ forall j, (j < d)%nat -> j <> i -> msum ds (fun l => f (j :: l)) = 0).
  { clear - W E. set (g := fun i => msum ds (fun l => f (i :: l))) in *. change (bsum d g = 1) in E. change (forall i, (i < d)%nat -> exists n, g i = INR n) in W. change (exists i, (i < d)%nat /\ g i = 1 /\ forall j, (j < d)%nat -> j <> i -> g j = 0). clearbody g.
    assert (N : forall K, (K <= d)%nat -> exists n, bsum K g = INR n). { induction K as [|K IHK]; intro L. now exists 0%nat. destruct IHK as [n En]; [lia|]. destruct (W K) as [m M]; [lia|]. exists (n + m)%nat. cbn [bsum]. now rewrite plus_INR, En, M. }
    assert (Z : forall K, (K <= d)%nat -> bsum K g = 0 -> forall j, (j < K)%nat -> g j = 0). { induction K as [|K IHK]; intros L S j Lj; [lia|]. cbn [bsum] in S. destruct (N K) as [n En]; [lia|]. destruct (W K) as [m M]; [lia|]. pose proof (pos_INR n). pose proof (pos_INR m).
      assert (g K = 0) by lra. assert (bsum K g = 0) by lra. destruct (Nat.eq_dec j K) as [->|]; [easy|]. apply IHK; [lia|easy|lia]. }
    assert (Main : forall K, (K <= d)%nat -> bsum K g = 1 -> exists i, (i < K)%nat /\ g i = 1 /\ forall j, (j < K)%nat -> j <> i -> g j = 0); [clear E|exact (Main d (le_n d) E)]. induction K as [|K IHK]; intros L E; cbn [bsum] in E. lra. destruct (N K) as [n En]; [lia|]. destruct (W K) as [m M]; [lia|]. rewrite En, M, <- plus_INR in E. change 1 with (INR 1) in E. apply INR_eq in E.
    destruct m as [|m].
    - destruct IHK as (i & Li & G & O); [lia|rewrite En; replace n with 1%nat by lia; easy|]. exists i. split; [lia|]. split; [easy|]. intros j Lj D. destruct (Nat.eq_dec j K) as [->|]; [now rewrite M|]. apply O; [lia|easy].
    - exists K. split; [lia|]. split. rewrite M. replace (S m) with 1%nat by lia. easy. intros j Lj D. apply (Z K); [lia| |lia]. rewrite En. replace n with 0%nat by lia. easy. }
  destruct B as (i & L & G & O). destruct (IH (fun l => f (i :: l))) as (l & I & U); [intros; apply H; now constructor|easy|]. exists (i :: l). split; [now constructor|]. intros k Ik D. inversion Ik as [|j d0 k' ds0 Lj J]; subst.
  destruct (Nat.eq_dec j i) as [->|Dj]. apply U; [easy|congruence]. specialize (O j Lj Dj). assert (P : forall l, inr ds l -> 0 <= f (j :: l)) by (intros l' I'; destruct (H (j :: l')) as [-> | ->]; [now constructor|lra|lra]).
  pose proof (msum_least ds (fun l => f (j :: l)) k' P J) as Q. cbn beta in Q. rewrite O in Q. specialize (P k' J). lra. Qed.
Definition hit (a b : R) : R := if Req_EM_T a b then 1 else 0.
Lemma hit_or a b : hit a b = 0 \/ hit a b = 1. Proof. unfold hit. destruct (Req_EM_T a b); auto. Qed.
Lemma some_hit r ds f : r <> Eprod -> (forall d, In d ds -> (0 < d)%nat) -> 1 <= msum ds (fun l => hit (f l) (mred r ds f)).
Proof. intros N P. destruct (mred_attained r ds N P f) as (l & I & E). apply Rle_trans with (hit (f l) (mred r ds f)). unfold hit. rewrite E. destruct (Req_EM_T _ _); [lra|easy].
  apply (msum_least ds (fun l => hit (f l) (mred r ds f))); [|easy]. intros k _. destruct (hit_or (f k) (mred r ds f)) as [-> | ->]; lra. Qed.
Lemma one_hit r ds f : r <> Eprod -> (forall d, In d ds -> (0 < d)%nat) -> msum ds (fun l => hit (f l) (mred r ds f)) < 2 -> msum ds (fun l => hit (f l) (mred r ds f)) = 1.
Proof. intros N P L. pose proof (some_hit r ds f N P) as G. destruct (msum_whole ds (fun l => hit (f l) (mred r ds f))) as [n E]. intros l _. destruct (hit_or (f l) (mred r ds f)) as [-> | ->]; [now exists 0%nat|now exists 1%nat].
  rewrite E in *. change 1 with (INR 1) in G. change 2 with (INR 2) in L. apply INR_le in G. apply INR_lt in L. replace n with 1%nat by lia. easy. Qed.
(* what attains an extremum alone, does so near the point *)
Lemma stays_alone r ds (F : R -> list nat -> R) x : r <> Eprod -> (forall l, inr ds l -> continuous (fun t => F t l) x) -> msum ds (fun l => hit (F x l) (mred r ds (F x))) = 1 ->
  exists l, inr ds l /\ F x l = mred r ds (F x) /\ (forall k, inr ds k -> k <> l -> hit (F x k) (mred r ds (F x)) = 0) /\ locally x (fun t => forall k, inr ds k -> k <> l -> beyond r (F t k) (F t l)).
Proof. intros N C E. destruct (one_only ds _ (fun l _ => hit_or _ _) E) as (l & I & U). exists l. split; [easy|].
  assert (H : hit (F x l) (mred r ds (F x)) = 1) by (rewrite (msum_single ds _ l I U) in E; exact E). assert (M : F x l = mred r ds (F x)) by (unfold hit in H; destruct (Req_EM_T _ _); [easy|lra]). split; [easy|]. split; [easy|].
  apply (locally_inr ds (fun k t => k <> l -> beyond r (F t k) (F t l))). intros k J. destruct (list_eq_dec Nat.eq_dec k l) as [->|K]. apply filter_forall. easy.
  specialize (U k J K). pose proof (mred_above r ds N (F x) k J) as A. rewrite <- M in A, U. assert (K2 : F x k <> F x l) by (unfold hit in U; destruct (Req_EM_T (F x k) (F x l)); [lra|easy]).
  assert (CM : forall a b, inr ds a -> inr ds b -> F x a < F x b -> locally x (fun t => F t a < F t b)).
  { intros a b Ia Ib L. assert (C2 : continuous (fun t => minus (F t b) (F t a)) x) by (apply (continuous_minus (fun t => F t b) (fun t => F t a)); now apply C).
    assert (L2 : locally x (fun t => 0 < minus (F t b) (F t a))). { apply (C2 (fun v => 0 < v)). apply open_gt. change (0 < F x b + - F x a). lra. }
    revert L2. apply filter_imp. intros t Ht. change (0 < F t b + - F t a) in Ht. lra. }
  destruct r; [easy| |]; cbn [above beyond] in *.
  - generalize (CM k l J I ltac:(lra)). now apply filter_imp.
  - generalize (CM l k I J ltac:(lra)). now apply filter_imp. Qed.
Lemma attaining_stays r ds (F : R -> list nat -> R) x k : r <> Eprod -> (forall l, inr ds l -> continuous (fun t => F t l) x) -> msum ds (fun l => hit (F x l) (mred r ds (F x))) = 1 -> inr ds k ->
  locally x (fun t => F t k = mred r ds (F t) <-> F x k = mred r ds (F x)).
Proof. intros N C E J. destruct (stays_alone r ds F x N C E) as (l & I & M & U & S). revert S. apply filter_imp. intros t Ht. rewrite (alone r ds (F t) l N I Ht). destruct (list_eq_dec Nat.eq_dec k l) as [->|D]; [tauto|].
  specialize (U k J D). specialize (Ht k J D). unfold hit in U. destruct (Req_EM_T (F x k) _) as [|Z]; [lra|]. split; [|tauto]. intro Q. rewrite Q in Ht. destruct r; cbn [beyond] in Ht; lra. Qed.
Lemma der_extremum r ds (F : R -> list nat -> R) x d : r <> Eprod -> (forall l, inr ds l -> is_derive (fun t => F t l) x (d l)) -> msum ds (fun l => hit (F x l) (mred r ds (F x))) = 1 ->
  is_derive (fun t => mred r ds (F t)) x (msum ds (fun l => hit (F x l) (mred r ds (F x)) * d l)).
Proof. intros N D E. destruct (stays_alone r ds F x N) as (l & I & M & U & S); [intros l I; apply (@ex_derive_continuous R_AbsRing R_NormedModule); eexists; now apply D|easy|].
  rewrite (msum_single ds _ l I). 2:{ intros k J K. rewrite U by easy. ring. } unfold hit. destruct (Req_EM_T _ _); [|easy]. rewrite Rmult_1_l. apply is_derive_ext_loc with (2 := D l I). revert S. apply filter_imp. intros t Ht. symmetry. now apply alone. Qed.
