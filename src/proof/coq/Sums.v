(* Finite sums, the Kronecker delta, the rules of differentiation as facts about is_derive, and signs. *)
From Coq Require Import Reals Lra Lia Arith Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(* --- the words of the statements *)
Fixpoint bsum (K : nat) (f : nat -> R) : R :=
  match K with O => 0 | S n => bsum n f + f n end.
Fixpoint bprod (K : nat) (f : nat -> R) : R :=
  match K with O => 1 | S n => bprod n f * f n end.
Fixpoint bmax (K : nat) (f : nat -> R) : R :=
  match K with O => 0 | S O => f 0%nat | S n => Rmax (bmax n f) (f n) end.
Fixpoint bmin (K : nat) (f : nat -> R) : R :=
  match K with O => 0 | S O => f 0%nat | S n => Rmin (bmin n f) (f n) end.
Definition delta (i k : nat) : R := if Nat.eqb i k then 1 else 0.
Definition upd (z : nat -> R) (i : nat) (t : R) : nat -> R :=
  fun k => if Nat.eqb k i then t else z k.
Definition upd2 (w : nat -> nat -> R) (i j : nat) (t : R) : nat -> nat -> R :=
  fun a b => if andb (Nat.eqb a i) (Nat.eqb b j) then t else w a b.
(* determinant by the first row, adjugate, inverse (0 where there is none) of the n by n matrix of the A i j with i, j < n *)
Definition clip (n : nat) (A : nat -> nat -> R) : nat -> nat -> R := fun i j => if andb (Nat.ltb i n) (Nat.ltb j n) then A i j else 0.
Definition minor (A : nat -> nat -> R) (r c : nat) : nat -> nat -> R :=
  fun i j => A (if Nat.ltb i r then i else S i) (if Nat.ltb j c then j else S j).
Fixpoint laplace (n : nat) (A : nat -> nat -> R) : R :=
  match n with O => 1 | S m => bsum n (fun c => (-1) ^ c * A 0%nat c * laplace m (minor A 0 c)) end.
Definition det (n : nat) (A : nat -> nat -> R) : R := laplace n (clip n A).
Definition adj (n : nat) (A : nat -> nat -> R) (i j : nat) : R := (-1) ^ (i + j) * laplace (pred n) (minor (clip n A) j i).
Definition inv (n : nat) (A : nat -> nat -> R) (i j : nat) : R := if Req_EM_T (det n A) 0 then 0 else adj n A i j / det n A.
Lemma clip_ext n A B : (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = B i j) -> clip n A = clip n B.
Proof. intro H. apply functional_extensionality; intro i. apply functional_extensionality; intro j. unfold clip.
  destruct (Nat.ltb_spec i n), (Nat.ltb_spec j n); cbn; auto. Qed.
(* dual-number judgement: f has value v and derivative l at x *)
Definition D (f : R -> R) (x v l : R) : Prop := f x = v /\ is_derive f x l.

Lemma bsum_sum_n n f : bsum (S n) f = sum_n f n.
Proof.
  induction n.
  - rewrite sum_O. simpl. ring.
  - rewrite sum_Sn. change (bsum (S n) f + f (S n) = sum_n f n + f (S n)). now rewrite IHn.
Qed.

(* --- derivatives *)
Lemma D_is_derive {f x v l} : D f x v l -> is_derive f x l. Proof. now intros [_ H]. Qed.
Lemma D_ext {f g x v l} : (forall t, f t = g t) -> D f x v l -> D g x v l.
Proof. intros E [H1 H2]. split. now rewrite <- E. now apply is_derive_ext with f. Qed.
Lemma D_ext_loc {f g x v l} : locally x (fun t => f t = g t) -> D f x v l -> D g x v l.
Proof. intros E [H1 H2]. split. rewrite <- H1. symmetry. now apply locally_singleton in E.
  now apply is_derive_ext_loc with f. Qed.
Lemma D_conv {f x v l} v' l' : D f x v l -> v = v' -> l = l' -> D f x v' l'.
Proof. now intros H <- <-. Qed.
Lemma D_const c x : D (fun _ => c) x c 0.
Proof. split. reflexivity. apply @is_derive_const. Qed.
Lemma D_id x : D (fun t => t) x x 1.
Proof. split. reflexivity. apply @is_derive_id. Qed.
Lemma D_var z i k : D (fun t => upd z i t k) (z i) (z k) (delta k i).
Proof. unfold upd, delta. split; destruct (Nat.eqb_spec k i); try congruence.
  apply @is_derive_id. apply @is_derive_const. Qed.
Lemma D_var2 w i j a b : D (fun t => upd2 w i j t a b) (w i j) (w a b) (delta a i * delta b j).
Proof. unfold upd2, delta. split; destruct (Nat.eqb_spec a i), (Nat.eqb_spec b j); simpl; try congruence;
  try (replace (1*1) with 1 by ring; apply @is_derive_id);
  match goal with |- is_derive _ _ ?l => replace l with 0 by ring end; apply @is_derive_const. Qed.
Lemma D_opp {f x v l} : D f x v l -> D (fun t => - f t) x (- v) (- l).
Proof. intros [H1 H2]. split. now rewrite H1. now apply @is_derive_opp. Qed.
Lemma D_add {f g x v w l m} : D f x v l -> D g x w m -> D (fun t => f t + g t) x (v + w) (l + m).
Proof. intros [A B] [C E]. split. now rewrite A, C. now apply @is_derive_plus. Qed.
Lemma D_sub {f g x v w l m} : D f x v l -> D g x w m -> D (fun t => f t - g t) x (v - w) (l - m).
Proof. intros [A B] [C E]. split. now rewrite A, C. now apply @is_derive_minus. Qed.
Lemma D_mul {f g x v w l m} : D f x v l -> D g x w m -> D (fun t => f t * g t) x (v * w) (l * w + v * m).
Proof. intros [A B] [C E]. split. now rewrite A, C. rewrite <- A, <- C.
  apply (is_derive_mult f g x l m B E). intros; apply Rmult_comm. Qed.
Lemma D_scal c {f x v l} : D f x v l -> D (fun t => c * f t) x (c * v) (c * l).
Proof. intros [A B]. split. now rewrite A. now apply is_derive_scal. Qed.
Lemma D_comp {h f x v l hv hl} : D h v hv hl -> D f x v l -> D (fun t => h (f t)) x hv (hl * l).
Proof. intros [A B] [C E]. split. now rewrite C. rewrite <- C in B.
  evar_last. apply (is_derive_comp h f x _ _ B E). unfold scal; simpl; unfold mult; simpl. ring. Qed.
Lemma d_exp v : D exp v (exp v) (exp v).          Proof. split. easy. apply is_derive_exp. Qed.
Lemma d_ln v : 0 < v -> D ln v (ln v) (/ v).      Proof. split. easy. now apply is_derive_ln. Qed.
Lemma d_inv v : v <> 0 -> D Rinv v (/ v) (- / v ^ 2).
Proof. split. easy. auto_derive. easy. field. easy. Qed.
Lemma d_sin v : D sin v (sin v) (cos v).          Proof. split. easy. apply is_derive_sin. Qed.
Lemma d_cos v : D cos v (cos v) (- sin v).        Proof. split. easy. apply is_derive_cos. Qed.
Lemma d_sqrt v : 0 < v -> D sqrt v (sqrt v) (/ (2 * sqrt v)).
Proof. split. easy. auto_derive. easy. ring. Qed.
Lemma cosh_gt0 v : 0 < cosh v.
Proof. unfold cosh. pose proof (exp_pos v). pose proof (exp_pos (-v)). lra. Qed.
Lemma d_tanh v : D tanh v (tanh v) (1 - tanh v ^ 2).
Proof. split. easy. unfold tanh, sinh, cosh. auto_derive.
  - pose proof (exp_pos v). pose proof (exp_pos (-v)). lra.
  - field. pose proof (exp_pos v). pose proof (exp_pos (-v)). lra. Qed.
Lemma d_atan v : D atan v (atan v) (/ (1 + v ^ 2)).
Proof. split. easy. evar_last. apply (is_derive_atan v). unfold Rsqr. simpl. f_equal. ring. Qed.
Lemma d_abs v : v <> 0 -> D Rabs v (Rabs v) (sign v).
Proof. split. easy. evar_last. apply (is_derive_Rabs (fun t => t)); [apply @is_derive_id|easy]. unfold one; simpl; ring. Qed.
Lemma d_pow n v : D (fun t => t ^ n) v (v ^ n) (INR n * v ^ pred n).
Proof. split. easy. evar_last. apply (is_derive_pow (fun t => t)). apply @is_derive_id.
  unfold one; simpl. ring. Qed.
Lemma d_rpow p v : 0 < v -> D (fun t => Rpower t p) v (Rpower v p) (p * Rpower v (p - 1)).
Proof. intro H. split. easy. unfold Rpower. auto_derive. easy.
  replace ((p - 1) * ln v) with (p * ln v + - ln v) by ring. rewrite exp_plus, exp_Ropp, exp_ln by easy.
  field. lra. Qed.
Lemma D_exp {f x v l} : D f x v l -> D (fun t => exp (f t)) x (exp v) (exp v * l).
Proof. exact (D_comp (d_exp v)). Qed.
Lemma D_ln {f x v l} : 0 < v -> D f x v l -> D (fun t => ln (f t)) x (ln v) (/ v * l).
Proof. intro P; exact (D_comp (d_ln v P)). Qed.
Lemma D_sin {f x v l} : D f x v l -> D (fun t => sin (f t)) x (sin v) (cos v * l).
Proof. exact (D_comp (d_sin v)). Qed.
Lemma D_cos {f x v l} : D f x v l -> D (fun t => cos (f t)) x (cos v) (- sin v * l).
Proof. exact (D_comp (d_cos v)). Qed.
Lemma D_tanh {f x v l} : D f x v l -> D (fun t => tanh (f t)) x (tanh v) ((1 - tanh v ^ 2) * l).
Proof. exact (D_comp (d_tanh v)). Qed.
Lemma D_sqrt {f x v l} : 0 < v -> D f x v l -> D (fun t => sqrt (f t)) x (sqrt v) (/ (2 * sqrt v) * l).
Proof. intro P; exact (D_comp (d_sqrt v P)). Qed.
Lemma D_pow n {f x v l} : D f x v l -> D (fun t => f t ^ n) x (v ^ n) (INR n * v ^ pred n * l).
Proof. exact (D_comp (d_pow n v)). Qed.
Lemma D_inv {f x v l} : v <> 0 -> D f x v l -> D (fun t => / f t) x (/ v) (- / v ^ 2 * l).
Proof. intro P; exact (D_comp (d_inv v P)). Qed.
Lemma D_div {f g x v w l m} : w <> 0 -> D f x v l -> D g x w m ->
  D (fun t => f t / g t) x (v / w) ((l * w - v * m) / w ^ 2).
Proof. intros P [A B] [C E]. split. now rewrite A, C. rewrite <- A, <- C in *.
  now apply is_derive_div. Qed.
Lemma D_bsum K {F : nat -> R -> R} {x v l} : (forall k, (k < K)%nat -> D (F k) x (v k) (l k)) ->
  D (fun t => bsum K (fun k => F k t)) x (bsum K v) (bsum K l).
Proof. induction K; intro H; simpl. apply D_const. apply D_add; [apply IHK; intros; apply H; lia | apply H; lia]. Qed.
Lemma D_if (b : bool) {f g x v w l m} : D f x v l -> D g x w m ->
  D (fun t => if b then f t else g t) x (if b then v else w) (if b then l else m).
Proof. now destruct b. Qed.

Lemma der_bprod K (f : nat -> R -> R) (d : nat -> R) x : (forall i, (i < K)%nat -> is_derive (f i) x (d i)) ->
  is_derive (fun t => bprod K (fun i => f i t)) x (bsum K (fun i => bprod K (fun j => if Nat.eqb j i then 1 else f j x) * d i)).
Proof.
  assert (E : forall n g h, (forall k, (k < n)%nat -> g k = h k) -> bsum n g = bsum n h) by (induction n; intros g h H; cbn; [easy|]; rewrite (IHn g h), (H n) by (intros; apply H; lia) || lia; easy).
  assert (P : forall n g h, (forall k, (k < n)%nat -> g k = h k) -> bprod n g = bprod n h) by (induction n; intros g h H; cbn; [easy|]; rewrite (IHn g h), (H n) by (intros; apply H; lia) || lia; easy).
  assert (S : forall n c g, bsum n (fun k => g k * c) = bsum n g * c) by (induction n; intros; cbn; [ring|rewrite IHn; ring]).
  induction K; intro H; cbn [bprod bsum]. apply @is_derive_const.
  evar_last. apply (is_derive_mult (fun t => bprod K (fun i => f i t)) (f K) x _ _ (IHK (fun i L => H i (Nat.lt_lt_succ_r _ _ L))) (H K (Nat.lt_succ_diag_r K))). intros; apply Rmult_comm.
  change (bsum K (fun i => bprod K (fun j => if Nat.eqb j i then 1 else f j x) * d i) * f K x + bprod K (fun i => f i x) * d K = bsum K (fun i => bprod K (fun j => if Nat.eqb j i then 1 else f j x) * (if Nat.eqb K i then 1 else f K x) * d i) + bprod K (fun j => if Nat.eqb j K then 1 else f j x) * (if Nat.eqb K K then 1 else f K x) * d K).
  rewrite Nat.eqb_refl, <- S, Rmult_1_r. f_equal.
  - apply E. intros k L. destruct (Nat.eqb_spec K k); [lia|]. ring.
  - f_equal. apply P. intros k L. destruct (Nat.eqb_spec k K); [lia|easy]. Qed.

(* --- sums *)
Lemma bsum_ext K f g : (forall k, (k < K)%nat -> f k = g k) -> bsum K f = bsum K g.
Proof. induction K; intro H; simpl. easy. rewrite IHK, (H K) by (intros; auto; lia || apply H; lia). easy. Qed.
Lemma bprod_ext K f g : (forall k, (k < K)%nat -> f k = g k) -> bprod K f = bprod K g.
Proof. induction K; intro H; cbn; [easy|]. rewrite IHK, (H K) by (intros; auto; lia || apply H; lia). easy. Qed.
Lemma bmax_ext K f g : (forall k, (k < K)%nat -> f k = g k) -> bmax K f = bmax K g.
Proof. induction K as [|[|K] IH]; intro H; [easy|now apply H; lia|]. change (Rmax (bmax (S K) f) (f (S K)) = Rmax (bmax (S K) g) (g (S K))). rewrite IH by (intros; apply H; lia). now rewrite (H (S K)) by lia. Qed.
Lemma bmin_ext K f g : (forall k, (k < K)%nat -> f k = g k) -> bmin K f = bmin K g.
Proof. induction K as [|[|K] IH]; intro H; [easy|now apply H; lia|]. change (Rmin (bmin (S K) f) (f (S K)) = Rmin (bmin (S K) g) (g (S K))). rewrite IH by (intros; apply H; lia). now rewrite (H (S K)) by lia. Qed.
Lemma bsum_plus K f g : bsum K (fun k => f k + g k) = bsum K f + bsum K g.
Proof. induction K; simpl. ring. rewrite IHK. ring. Qed.
Lemma bsum_minus K f g : bsum K (fun k => f k - g k) = bsum K f - bsum K g.
Proof. induction K; simpl. ring. rewrite IHK. ring. Qed.
Lemma bsum_opp K f : bsum K (fun k => - f k) = - bsum K f.
Proof. induction K; simpl. ring. rewrite IHK. ring. Qed.
Lemma bsum_scal_l K c f : bsum K (fun k => c * f k) = c * bsum K f.
Proof. induction K; simpl. ring. rewrite IHK. ring. Qed.
Lemma bsum_scal_r K c f : bsum K (fun k => f k * c) = bsum K f * c.
Proof. induction K; simpl. ring. rewrite IHK. ring. Qed.
Lemma bsum_div K c f : bsum K (fun k => f k / c) = bsum K f / c.
Proof. apply bsum_scal_r. Qed.
Lemma bsum_const K c : bsum K (fun _ => c) = INR K * c.
Proof. induction K. simpl. ring. rewrite S_INR. simpl bsum. rewrite IHK. ring. Qed.
Lemma bsum_zero K : bsum K (fun _ => 0) = 0.
Proof. rewrite bsum_const. ring. Qed.
Lemma bsum_swap K L f : bsum K (fun i => bsum L (fun j => f i j)) = bsum L (fun j => bsum K (fun i => f i j)).
Proof. induction K; simpl. now rewrite bsum_zero. now rewrite IHK, <- bsum_plus. Qed.
Lemma bsum_zero_above K i f : (K <= i)%nat -> bsum K (fun k => f k * delta k i) = 0.
Proof. induction K; intro H; simpl. easy. rewrite IHK by lia. unfold delta.
  destruct (Nat.eqb_spec K i). lia. ring. Qed.
Lemma bsum_delta_r K i f : (i < K)%nat -> bsum K (fun k => f k * delta k i) = f i.
Proof. induction K; intro H; simpl. lia. destruct (Nat.eq_dec K i) as [->|N].
  rewrite bsum_zero_above by lia. unfold delta. rewrite Nat.eqb_refl. ring.
  rewrite IHK by lia. unfold delta. destruct (Nat.eqb_spec K i). lia. ring. Qed.
Lemma delta_sym i k : delta i k = delta k i.
Proof. unfold delta. now rewrite Nat.eqb_sym. Qed.
Lemma delta_refl i : delta i i = 1.
Proof. unfold delta. now rewrite Nat.eqb_refl. Qed.
Lemma delta_neq i k : i <> k -> delta i k = 0.
Proof. unfold delta. now destruct (Nat.eqb_spec i k). Qed.
Lemma delta_subst i k f : delta k i * f k = delta k i * f i.
Proof. unfold delta. destruct (Nat.eqb_spec k i). now subst. ring. Qed.
Lemma delta_case i k (P : R -> Prop) : (i = k -> P 1) -> (i <> k -> P 0) -> P (delta i k).
Proof. unfold delta. destruct (Nat.eqb_spec i k); auto. Qed.
Lemma bsum_delta_l K i f : (i < K)%nat -> bsum K (fun k => delta k i * f k) = f i.
Proof. intro H. rewrite <- (bsum_delta_r K i f H). apply bsum_ext. intros. ring. Qed.
Lemma bsum_extract K i f : (i < K)%nat -> bsum K f = f i + bsum K (fun k => f k * (1 - delta k i)).
Proof. intro H. pose proof (bsum_delta_r K i f H) as E. rewrite <- E. rewrite <- bsum_plus. apply bsum_ext; intros; ring. Qed.

(* --- signs *)
Lemma pos_ne0 v : 0 < v -> v <> 0.   Proof. lra. Qed.
Lemma pos_exp v : 0 < exp v.         Proof. apply exp_pos. Qed.
Lemma pos_add v w : 0 < v -> 0 < w -> 0 < v + w. Proof. lra. Qed.
Lemma pos_add_nn v w : 0 < v -> 0 <= w -> 0 < v + w. Proof. lra. Qed.
Lemma pos_mul v w : 0 < v -> 0 < w -> 0 < v * w. Proof. apply Rmult_lt_0_compat. Qed.
Lemma pos_div v w : 0 < v -> 0 < w -> 0 < v / w. Proof. apply Rdiv_lt_0_compat. Qed.
Lemma pos_sqrt v : 0 < v -> 0 < sqrt v. Proof. apply sqrt_lt_R0. Qed.
Lemma pos_pow n v : 0 < v -> 0 < v ^ n. Proof. apply pow_lt. Qed.
Lemma nn_sqr v : 0 <= v ^ 2. Proof. apply pow2_ge_0. Qed.
Lemma nn_bsum K f : (forall k, (k < K)%nat -> 0 <= f k) -> 0 <= bsum K f.
Proof. induction K; intro H; simpl. lra. assert (0 <= f K) by (apply H; lia).
  assert (0 <= bsum K f) by (apply IHK; intros; apply H; lia). lra. Qed.
Lemma pos_bsum K f : (0 < K)%nat -> (forall k, (k < K)%nat -> 0 < f k) -> 0 < bsum K f.
Proof. intros HK H. destruct K. lia. simpl. assert (0 < f K) by (apply H; lia).
  assert (0 <= bsum K f) by (apply nn_bsum; intros; apply Rlt_le, H; lia). lra. Qed.
Lemma ne0_mul v w : v <> 0 -> w <> 0 -> v * w <> 0.
Proof. apply Rmult_integral_contrapositive_currified. Qed.
Lemma ne0_pow n v : v <> 0 -> v ^ n <> 0. Proof. intro; now apply pow_nonzero. Qed.
