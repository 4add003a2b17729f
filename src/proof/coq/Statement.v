(* From data to plain theorems. Nodes come as a list, newest first, each with its name; a claim about them is read in plain words: its
   indices one by one, its hypotheses in front. `certified` says that data which pass `run` make a true statement. *)
From Coq Require Import Reals Lra Lia Arith PArith List FMapPositive ZArith QArith Bool.
From Coquelicot Require Import Coquelicot.
From Wengert Require Import Sums Functions Rules Ring Kernel.
Import ListNotations.
Open Scope R_scope.
Definition table := list (positive * node).

(* --- the words of the statements: an array with one entry replaced *)
Definition upd2 (w : nat -> nat -> R) (i j : nat) (t : R) : nat -> nat -> R :=
  fun a b => if Nat.eqb a i then if Nat.eqb b j then t else w a b else w a b.
Definition upd3 (w : nat -> nat -> nat -> R) (i j k : nat) (t : R) : nat -> nat -> nat -> R :=
  fun a b c => if Nat.eqb a i then if Nat.eqb b j then if Nat.eqb c k then t else w a b c else w a b c else w a b c.

(* --- what nodes denote *)
Fixpoint den (dv : positive -> nat) (A : arrs) (l : table) (a : positive) (e : list nat) : R := match l with [] => 0
 | n :: q => if Pos.eqb a (fst n) then ev dv A (den dv A q) (snd n) e else den dv A q a e end.
Fixpoint look (l : table) (a : positive) : option node := match l with [] => None | n :: q => if Pos.eqb a (fst n) then Some (snd n) else look q a end.
Fixpoint tree (l : table) : PM.t node := match l with [] => PM.empty _ | n :: q => PM.add (fst n) (snd n) (tree q) end.
Definition before (p : positive) (l : table) := match l with [] => true | n :: _ => Pos.ltb (fst n) p end.
Fixpoint ordered (l : table) : bool := match l with [] => true
 | n :: q => forallb (fun al => Pos.ltb (fst al) (fst n)) (na (snd n)) && (before (fst n) q && ordered q) end.
Lemma tree_look l a : PM.find a (tree l) = look l a.
Proof. induction l as [|[p n] q IH]; cbn [tree look fst snd]. apply PM.gempty. destruct (Pos.eqb_spec a p). subst. apply PM.gss. now rewrite PM.gso. Qed.
Lemma look_before l : ordered l = true -> forall a n, look l a = Some n -> forall p, before p l = true -> (a < p)%positive /\ forall al, In al (na n) -> (fst al < a)%positive.
Proof. induction l as [|[r n] q IH]; intros W a m F p B; cbn [look ordered before fst snd] in *; [easy|]. apply andb_prop in W as [W1 W]. apply andb_prop in W as [W2 W]. apply Pos.ltb_lt in B.
  destruct (Pos.eqb_spec a r). injection F as <-. subst. split; [easy|]. intros al I. rewrite forallb_forall in W1. apply Pos.ltb_lt. now apply W1.
  destruct (IH W _ _ F _ W2) as [L1 L2]. split; [lia|easy]. Qed.
Lemma ev_ext dv A n V V' : (forall al, In al (na n) -> forall e, V (fst al) e = V' (fst al) e) -> forall e, ev dv A V n e = ev dv A V' n e.
Proof. intros E e. unfold ev. assert (X : forall l, map (fun al => V (fst al) (map (lk (e ++ l)) (snd al))) (na n) = map (fun al => V' (fst al) (map (lk (e ++ l)) (snd al))) (na n)).
  { intro l. apply map_ext_in. intros al I. now apply E. }
  destruct (no n); try easy; try (apply msum_ext; intros l _; now rewrite X).
  destruct (nb n) as [|d [|d' [|]]]; try easy. destruct (Pos.eqb d d'); [|easy]. apply matv_ext. intros i j _ _. now rewrite X. Qed.
Lemma den_model dv l : ordered l = true -> forall a n, PM.find a (tree l) = Some n -> forall A e, den dv A l a e = ev dv A (den dv A l) n e.
Proof. intros W a n F. rewrite tree_look in F. revert W a n F. induction l as [|[r x] q IH]; intros W a n F A e; [easy|]. pose proof W as W0. cbn [ordered fst snd] in W. apply andb_prop in W as [W1 W]. apply andb_prop in W as [W2 W].
  assert (K : forall b k, (b < r)%positive -> den dv A q b k = den dv A ((r, x) :: q) b k). { intros b k L. cbn [den fst snd]. destruct (Pos.eqb_spec b r); [lia|easy]. }
  cbn [look fst snd] in F. destruct (Pos.eqb_spec a r) as [->|N].
  - injection F as <-. cbn [den fst snd]. rewrite Pos.eqb_refl. apply ev_ext. intros al I k. rewrite forallb_forall in W1. apply K. apply Pos.ltb_lt. now apply W1.
  - rewrite <- K. 2:{ now apply (look_before _ W _ _ F). } rewrite (IH W _ _ F). apply ev_ext. intros al I k. apply K. destruct (look_before _ W _ _ F _ W2) as [L1 L2]. specialize (L2 _ I). lia. Qed.

(* --- which nodes depend on a variable *)
Definition is_symbol (s : positive) (n : node) := match no n with Osym a => Pos.eqb a s | _ => false end.
Fixpoint touched (s : positive) (l : table) : PM.t unit := match l with [] => PM.empty _
 | n :: q => let t := touched s q in if is_symbol s (snd n) || existsb (fun al => PM.mem (fst al) t) (na (snd n)) then PM.add (fst n) tt t else t end.
Definition dependence (vars : list positive) (l : table) : PM.t (PM.t unit) := fold_right (fun s m => PM.add s (touched s l) m) (PM.empty _) vars.
Definition depends (m : PM.t (PM.t unit)) (s a : positive) : bool := match PM.find s m with Some t => PM.mem a t | None => true end.
Lemma mem_add (t : PM.t unit) a p : PM.mem a (PM.add p tt t) = Pos.eqb a p || PM.mem a t.
Proof. rewrite !PM.mem_find. destruct (Pos.eqb_spec a p). subst. now rewrite PM.gss. now rewrite PM.gso. Qed.
Lemma touched_ok dv s l a : PM.mem a (touched s l) = false -> forall A p t e, den dv (updl A s p t) l a e = den dv A l a e.
Proof. induction l as [|[r n] q IH] in a |- *; intros H A p t e; [easy|]. cbn [touched den fst snd] in *.
  assert (Q : PM.mem a (touched s q) = false). { destruct (_ || _) in H; [rewrite mem_add in H; now apply orb_false_elim in H as [_ H]|easy]. }
  destruct (Pos.eqb_spec a r); [subst r|now apply IH]. destruct (_ || _) eqn:E in H; [rewrite mem_add, Pos.eqb_refl in H; discriminate|]. apply orb_false_elim in E as [E1 E2].
  assert (X : forall al, In al (na n) -> forall k, den dv (updl A s p t) q (fst al) k = den dv A q (fst al) k).
  { intros al I k. apply IH. destruct (PM.mem (fst al) (touched s q)) eqn:M; [|easy]. rewrite <- E2. symmetry. apply existsb_exists. now exists al. }
  rewrite (ev_ext dv (updl A s p t) n _ _ X). unfold ev. unfold is_symbol in E1. destruct (no n); try easy. unfold updl. now rewrite E1. Qed.
Lemma depends_ok dv vars l s a : depends (dependence vars l) s a = false -> forall A p t e, den dv (updl A s p t) l a e = den dv A l a e.
Proof. unfold depends. destruct (PM.find s _) as [t|] eqn:F; [|easy]. intros H. apply touched_ok. enough (t = touched s l) by now subst. clear H.
  induction vars as [|v vars IH]; cbn in F. now rewrite PM.gempty in F. destruct (Pos.eq_dec s v). subst. rewrite PM.gss in F. congruence. rewrite PM.gso in F by easy. auto. Qed.

(* --- which nodes are continuous wherever their symbols are *)
Definition continuous_op (n : node) : bool := match no n with
 | Oconst _ | Osym _ | Odelta | Odim _ | Oindex | Opi | Oadd | Omul | Oid => true
 | Opow q => Pos.eqb (Qden q) 1 && Z.leb 0 (Qnum q) | Oun u => continuous_fun u | Obi Bmin | Obi Bmax => true | _ => false end.
Fixpoint smooth (l : table) : PM.t unit := match l with [] => PM.empty _
 | n :: q => let t := smooth q in if continuous_op (snd n) && forallb (fun al => PM.mem (fst al) t) (na (snd n)) then PM.add (fst n) tt t else PM.remove (fst n) t end.
Lemma cont_plus (f g : R -> R) x : continuous f x -> continuous g x -> continuous (fun t => f t + g t) x.
Proof. intros. now apply (continuous_plus f g). Qed.
Lemma cont_mult (f g : R -> R) x : continuous f x -> continuous g x -> continuous (fun t => f t * g t) x.
Proof. intros. now apply (continuous_mult f g). Qed.
Lemma cont_const c x : continuous (fun _ : R => c : R) x. Proof. apply continuous_const. Qed.
Lemma cont_ext (f g : R -> R) x : (forall t, f t = g t) -> continuous f x -> continuous g x. Proof. intros. now apply continuous_ext with f. Qed.
Lemma cont_bsum n (F : R -> nat -> R) x : (forall i, continuous (fun t => F t i) x) -> continuous (fun t => bsum n (F t)) x.
Proof. intro H. induction n; cbn. apply cont_const. now apply cont_plus. Qed.
Lemma cont_msum ds : forall (F : R -> list nat -> R) x, (forall k, continuous (fun t => F t k) x) -> continuous (fun t => msum ds (F t)) x.
Proof. induction ds as [|d ds IH]; cbn; intros F x H. apply H. apply cont_bsum. intro i. apply (IH (fun t k => F t (i :: k))). intro. apply H. Qed.
Lemma cont_sm {B} (f : B -> R -> R) l x : (forall b, In b l -> continuous (f b) x) -> continuous (fun t => sm (map (fun b => f b t) l)) x.
Proof. induction l as [|b l IH]; intro H; cbn [map]. apply cont_const. apply cont_ext with (fun t => f b t + sm (map (fun b => f b t) l)). intro; now rewrite sm_cons. apply cont_plus. apply H; now left. apply IH. intros; apply H; now right. Qed.
Lemma cont_pr {B} (f : B -> R -> R) l x : (forall b, In b l -> continuous (f b) x) -> continuous (fun t => pr (map (fun b => f b t) l)) x.
Proof. induction l as [|b l IH]; intro H; cbn [map]. apply cont_const. apply cont_ext with (fun t => f b t * pr (map (fun b => f b t) l)). intro; now rewrite pr_cons. apply cont_mult. apply H; now left. apply IH. intros; apply H; now right. Qed.
Lemma cont_nth {B} (f : B -> R -> R) l x : (forall b, In b l -> continuous (f b) x) -> forall k, continuous (fun t => nth k (map (fun b => f b t) l) 0) x.
Proof. intros H k. destruct (nth_error l k) as [b|] eqn:E.
  - apply cont_ext with (f b). 2:{ apply H. now apply nth_error_In with k. } intro t. symmetry. apply nth_error_nth. now apply (map_nth_error (fun b => f b t)).
  - apply cont_ext with (fun _ => 0). 2: apply cont_const. intro t. symmetry. apply nth_overflow. rewrite map_length. now apply nth_error_None. Qed.
Lemma cont_comp (g f : R -> R) x : continuous f x -> continuous g (f x) -> continuous (fun t => g (f t)) x.
Proof. intros. now apply (continuous_comp f g). Qed.
Lemma cont_abs (f : R -> R) x : continuous f x -> continuous (fun t => Rabs (f t)) x.
Proof. intros. apply (cont_comp Rabs f); [easy|]. apply continuous_Rabs. Qed.
Lemma cont_extremum (f g : R -> R) (c : R) x : continuous f x -> continuous g x -> continuous (fun t => (f t + g t + c * Rabs (f t + -1 * g t)) * / 2) x.
Proof. intros. apply cont_mult; [|apply cont_const]. apply cont_plus. now apply cont_plus. apply cont_mult. apply cont_const. apply cont_abs. apply cont_plus; [easy|]. apply cont_mult; [apply cont_const|easy]. Qed.
Lemma max_half u v : Rmax u v = (u + v + 1 * Rabs (u + -1 * v)) * / 2.
Proof. destruct (Rle_dec u v). rewrite Rmax_right, Rabs_left1 by lra. field. rewrite Rmax_left, Rabs_pos_eq by lra. field. Qed.
Lemma min_half u v : Rmin u v = (u + v + -1 * Rabs (u + -1 * v)) * / 2.
Proof. destruct (Rle_dec u v). rewrite Rmin_left, Rabs_left1 by lra. field. rewrite Rmin_right, Rabs_pos_eq by lra. field. Qed.
Lemma updi_cases l : forall p, (forall t old, updi l p t old = t) \/ (forall t old, updi l p t old = old).
Proof. induction l as [|x l IH]; destruct p as [|y p]; cbn; auto. destruct (Nat.eqb x y); auto. Qed.
Lemma mem_remove (t : PM.t unit) a p : PM.mem a (PM.remove p t) = negb (Pos.eqb a p) && PM.mem a t.
Proof. rewrite !PM.mem_find. destruct (Pos.eqb_spec a p). subst. now rewrite PM.grs. now rewrite PM.gro. Qed.
Lemma smooth_ok dv l : forall a, PM.mem a (smooth l) = true -> forall A s p e x, continuous (fun t => den dv (updl A s p t) l a e) x.
Proof. induction l as [|[r n] q IH]; intros a H A s p e x; cbn [smooth den fst snd] in *. now rewrite PM.mem_find, PM.gempty in H.
  assert (Q : a <> r -> PM.mem a (smooth q) = true). { intro N. apply Pos.eqb_neq in N. destruct (_ && _) in H; rewrite ?mem_add, ?mem_remove, N in H; exact H. }
  destruct (Pos.eqb_spec a r); [subst r|now apply IH; apply Q]. destruct (_ && _) eqn:E in H. 2:{ now rewrite mem_remove, Pos.eqb_refl in H. } apply andb_prop in E as [O C]. clear H Q. rewrite forallb_forall in C.
  set (f := fun (k : list nat) (al : id * list nat) t => den dv (updl A s p t) q (fst al) (map (lk (e ++ k)) (snd al))).
  assert (F : forall k al, In al (na n) -> continuous (f k al) x) by (intros k al I; apply IH; now apply C).
  assert (G : (forall k, continuous (fun t => opv (no n) (map (fun al => f k al t) (na n))) x) -> continuous (fun t => msum (map dv (nb n)) (fun k => opv (no n) (map (fun al => f k al t) (na n)))) x) by (intro K; now apply cont_msum).
  unfold ev. unfold continuous_op in O. fold f. destruct (no n) eqn:EO; try discriminate O; try apply cont_const.
  - unfold updl. destruct (Pos.eqb a0 s); [|apply cont_const]. destruct (updi_cases e p) as [U|U]. apply cont_ext with (fun t => t). intro; now rewrite U. apply continuous_id. apply cont_ext with (fun _ => A a0 e). intro; now rewrite U. apply cont_const.
  - apply G. intro k. apply (cont_sm (f k)). intros; now apply F.
  - apply G. intro k. apply (cont_pr (f k)). intros; now apply F.
  - apply G. intro k. apply (cont_sm (f k)). intros; now apply F.
  - apply G. intro k. cbn [opv]. apply andb_prop in O as [O1 O2]. apply Pos.eqb_eq in O1. apply Z.leb_le in O2.
    apply cont_ext with (fun t => pw (nth 0 (map (fun al => f k al t) (na n)) 0) (Qnum q0)). intro t. unfold qpow. rewrite O1. cbn [root]. now destruct (na n).
    apply (cont_comp (fun v => pw v (Qnum q0))). apply (cont_nth (f k)). intros; now apply F. apply (@ex_derive_continuous R_AbsRing R_NormedModule). eexists. apply der_pw. lia.
  - apply G. intro k. cbn [opv]. apply cont_ext with (fun t => uv u (nth 0 (map (fun al => f k al t) (na n)) 0)). intro t. now destruct (na n).
    apply (cont_comp (uv u)). apply (cont_nth (f k)). intros; now apply F. now apply continuous_fun_ok.
  - apply G. intro k. cbn [opv]. assert (H0 : continuous (fun t => hd 0 (map (fun al => f k al t) (na n))) x). { apply cont_ext with (fun t => nth 0 (map (fun al => f k al t) (na n)) 0). intro t. now destruct (na n). apply (cont_nth (f k)). intros; now apply F. }
    assert (H1 : continuous (fun t => nth 1 (map (fun al => f k al t) (na n)) 0) x) by (apply (cont_nth (f k)); intros; now apply F).
    destruct b; try discriminate O; cbn [bv].
    + eapply cont_ext. intro t. symmetry. apply min_half. now apply cont_extremum.
    + eapply cont_ext. intro t. symmetry. apply max_half. now apply cont_extremum. Qed.

(* --- claims that, where they hold, hold in a region that is open along the variables *)
Section OPEN.
Variables (vars : list positive) (l : table) (m : PM.t (PM.t unit)) (c : PM.t unit).
Definition free a := forallb (fun s => negb (depends m s a)) vars.
Definition strict r := match r with Functions.Pos | Nonzero => true | _ => false end.
Definition open_claim (k : claim) : bool := match k with Ceq a b => free a && free b | Csgn r a => free a || (strict r && PM.mem a c) | _ => false end.
End OPEN.
Lemma locally_bounded n (Q : nat -> R -> Prop) x : (forall i, (i < n)%nat -> locally x (Q i)) -> locally x (fun t => forall i, (i < n)%nat -> Q i t).
Proof. induction n; intro H. apply filter_forall. intros t i L. lia.
  generalize (filter_and _ _ (IHn (fun i L => H i (Nat.lt_lt_succ_r _ _ L))) (H n (Nat.lt_succ_diag_r n))). apply filter_imp. intros t [P1 P2] i L. destruct (Nat.eq_dec i n) as [->|N]; [easy|]. apply P1. lia. Qed.
Lemma locally_inr ds : forall (Q : list nat -> R -> Prop) x, (forall e, inr ds e -> locally x (Q e)) -> locally x (fun t => forall e, inr ds e -> Q e t).
Proof. induction ds as [|d ds IH]; intros Q x H.
  - generalize (H [] (Forall2_nil _)). apply filter_imp. intros t P e I. now inversion I.
  - assert (K : locally x (fun t => forall i, (i < d)%nat -> forall e, inr ds e -> Q (i :: e) t)). { apply locally_bounded. intros i L. apply (IH (fun e => Q (i :: e))). intros e I. apply H. now constructor. }
    revert K. apply filter_imp. intros t P e I. inversion I; subst. now apply P. Qed.
Lemma open_claim_ok dv vars l k A s p : open_claim vars (dependence vars l) (smooth l) k = true -> In s vars -> sem (tree l) dv (fun A => den dv A l) A k ->
  locally (A s p) (fun t => sem (tree l) dv (fun A => den dv A l) (updl A s p t) k).
Proof. intros O I. assert (FR : forall a, free vars (dependence vars l) a = true -> forall t e, den dv (updl A s p t) l a e = den dv A l a e).
  { intros a F t e. unfold free in F. rewrite forallb_forall in F. specialize (F s I). apply (depends_ok dv vars). now apply negb_true_iff in F. }
  destruct k as [a b|r a| | |]; try discriminate O; cbn [open_claim sem] in *; intro H.
  - apply andb_prop in O as [O1 O2]. apply filter_forall. intros t e He. rewrite !FR by easy. now apply H.
  - apply orb_prop in O as [O|O]. apply filter_forall. intros t e He. rewrite !FR by easy. now apply H.
    apply andb_prop in O as [O1 O2]. apply (locally_inr _ (fun e t => rv r (den dv (updl A s p t) l a e))). intros e He. specialize (H e He).
    pose proof (smooth_ok dv l a O2 A s p e (A s p)) as C. destruct r; try discriminate O1; cbn [rv] in *.
    + refine (C (fun v => 0 < v) _). rewrite updl_id. exact (open_gt 0 _ H).
    + refine (C (fun v => v <> 0) _). rewrite updl_id. exact (open_neq 0 _ H). Qed.

(* --- plain words *)
Fixpoint all (ds : list nat) (P : list nat -> Prop) : Prop := match ds with [] => P [] | d :: r => forall i, (i < d)%nat -> all r (fun e => P (i :: e)) end.
Fixpoint all_many (n : nat) (ds : list nat) (P : list (list nat) -> Prop) : Prop := match n with O => P [] | S n => all ds (fun p => all_many n ds (fun ps => P (p :: ps))) end.
Fixpoint given (hs : list Prop) (P : Prop) : Prop := match hs with [] => P | h :: r => h -> given r P end.
Fixpoint both (ps : list Prop) : Prop := match ps with [] => True | [P] => P | P :: r => P /\ both r end.
Lemma all_ok ds : forall P, all ds P <-> forall e, inr ds e -> P e.
Proof. induction ds as [|d ds IH]; cbn; intro P; split; intro H.
  - intros e I. inversion I. now subst. - apply H. constructor.
  - intros e I. inversion I as [|i d0 r ds0 L J]; subst. exact (proj1 (IH (fun e => P (i :: e))) (H i L) r J).
  - intros i L. apply IH. intros e I. apply H. now constructor. Qed.
Lemma all_many_ok n ds : forall P, all_many n ds P <-> forall ps, length ps = n -> List.Forall (fun p => inr ds p) ps -> P ps.
Proof. induction n; cbn; intro P; split; intro H.
  - intros [|] L F; easy. - now apply H.
  - intros [|p ps] L F; [discriminate|]. inversion F; subst. rewrite all_ok in H. specialize (H p ltac:(easy)). rewrite IHn in H. apply H; [now injection L|easy].
  - apply all_ok. intros p Hp. apply IHn. intros ps L F. apply H; [now rewrite <- L|now constructor]. Qed.
Lemma given_ok hs : forall P : Prop, (List.Forall (fun h => h) hs -> P) -> given hs P.
Proof. induction hs as [|h hs IH]; cbn; intros P H. apply H. constructor. intro K. apply IH. intro L. apply H. now constructor. Qed.
Lemma both_ok ps : List.Forall (fun h => h) ps -> both ps.
Proof. induction ps as [|p ps IH]; cbn; intro H; [easy|]. inversion H as [|? ? P R]; subst. specialize (IH R). destruct ps; [easy|]. now split. Qed.
Definition ranges (l : table) (a : positive) := match look l a with Some n => nr n | None => [] end.
Section PLAIN.
Variables (l : table) (dv : positive -> nat) (A : arrs).
Definition says (c : claim) : Prop := match c with
 | Ceq a b => all (map dv (ranges l a)) (fun e => den dv A l a e = den dv A l b e)
 | Csgn r a => all (map dv (ranges l a)) (fun e => rv r (den dv A l a e))
 | Cder a s W d => all (map dv (ranges l a)) (fun e => all (map dv W) (fun p => is_derive (fun t => den dv (updl A s p t) l a e) (A s p) (den dv A l d (e ++ p))))
 | Cent a s W L d => all (map dv (ranges l d)) (fun e => is_derive (fun t => den dv (updl A s (map (lk e) L) t) l a (firstn (length (ranges l a)) e)) (A s (map (lk e) L)) (den dv A l d e))
 | Chi n a s W d => all (map dv (ranges l a)) (fun e => all_many n (map dv W) (fun ps => all (map dv W) (fun p =>
    is_derive (fun t => higher s (fun A => den dv A l a e) ps (updl A s p t)) (A s p) (den dv A l d (e ++ concat ps ++ p))))) end.
Lemma says_ok c : says c <-> sem (tree l) dv (fun A => den dv A l) A c.
Proof. assert (R : forall a, rng (tree l) a = ranges l a) by (intro a; unfold rng, ranges; now rewrite tree_look). destruct c; cbn [says sem]; rewrite !R, !all_ok; try reflexivity.
  - split.
    + intros H e p He Hp. specialize (H e He). rewrite all_ok in H. exact (H p Hp).
    + intros H e He. rewrite all_ok. intros p Hp. exact (H e p He Hp).
  - split.
    + intros H e ps p He L F Hp. specialize (H e He). rewrite all_many_ok in H. specialize (H ps L F). rewrite all_ok in H. exact (H p Hp).
    + intros H e He. rewrite all_many_ok. intros ps L F. rewrite all_ok. intros p Hp. exact (H e ps p He L F Hp). Qed.
End PLAIN.
(* The dimension 2*n is the number n; the odd ones are those of the statement, in order. *)
Definition dims (ds : list nat) (d : positive) : nat := match d with xO p => Pos.to_nat p | xH => nth 0 ds 1%nat | xI p => nth (Pos.to_nat p) ds 1%nat end.
Lemma dims_pos ds : List.Forall (fun d => 0 < d)%nat ds -> forall d, (0 < dims ds d)%nat.
Proof. intro H. assert (K : forall k, (0 < nth k ds 1)%nat). { induction H; destruct k; cbn; auto; lia. } destruct d; cbn; auto. lia. Qed.

(* --- data, checked *)
Definition claim_dec : forall c d : claim, {c = d} + {c <> d}.
Proof. decide equality; auto using Pos.eq_dec, Nat.eq_dec, rel_dec, (list_eq_dec Pos.eq_dec), (list_eq_dec Nat.eq_dec). Defined.
Definition run (l : table) (vars : list positive) (regs hyps : list claim) (ss : list step) (goals : list (positive * claim)) : bool :=
  let m := dependence vars l in let c := smooth l in
  ordered l && (forallb (open_claim vars m c) regs && match check (tree l) vars regs hyps (depends m) (fun a => PM.mem a c) (PM.empty _) 1 ss with None => false
   | Some done => forallb (fun g => match PM.find (fst g) done with Some (_, k) => if claim_dec k (snd g) then true else false | None => false end) goals end).
Theorem certified l vars regs hyps ss goals : run l vars regs hyps ss goals = true -> forall (ds : list nat) (A : arrs),
  given (map (fun d => (0 < d)%nat) ds) (given (map (says l (dims ds) A) (regs ++ hyps)) (both (map (fun g => says l (dims ds) A (snd g)) goals))).
Proof. unfold run. intros H ds A. apply andb_prop in H as [W H]. apply andb_prop in H as [O H]. destruct (check _ _ _ _ _ _ _ _ _) as [done|] eqn:E; [|discriminate H]. rewrite forallb_forall in H.
  apply given_ok. intro HD. apply given_ok. intro HH. apply both_ok. set (dv := dims ds) in *. apply List.Forall_forall. intros P I. apply in_map_iff in I as (g & <- & I). apply says_ok.
  specialize (H g I). cbv beta in H. match type of H with match ?x with _ => _ end = true => destruct x as [[m k]|] eqn:F end; [|discriminate H]. match type of H with (if ?x then _ else _) = true => destruct x as [->|]; [|discriminate H] end.
  assert (Hdv : forall d, (0 < dv d)%nat). { apply dims_pos. rewrite List.Forall_forall in *. intros d Id. apply HD. apply in_map_iff. now exists d. }
  set (semc := sem (tree l) dv (fun A => den dv A l)).
  assert (S : forall c, In c (regs ++ hyps) -> semc A c). { intros c Ic. apply says_ok. rewrite List.Forall_forall in HH. apply HH. apply in_map_iff. now exists c. }
  refine (check_sound (tree l) vars regs hyps (depends (dependence vars l)) (fun a => PM.mem a (smooth l)) dv Hdv (fun p => eq_refl) (fun A => List.Forall (semc A) regs) (fun A => List.Forall (semc A) hyps) _ (fun A => den dv A l) (den_model dv l W) (smooth_ok dv l) (depends_ok dv vars l) _ _ ss (PM.empty _) 1%positive done _ E (fst g) (m, snd g) F A _ _).
  - intros A' s p Is HR. rewrite forallb_forall in O. clear - O Is HR. induction regs as [|r rs IH]; [apply filter_forall; constructor|]. inversion HR as [|? ? H1 H2]; subst.
    generalize (filter_and _ _ (open_claim_ok dv vars l r A' s p (O r (or_introl eq_refl)) Is H1) (IH (fun c I => O c (or_intror I)) H2)). apply filter_imp. intros t [K1 K2]. now constructor.
  - intros A' HA n c N. rewrite List.Forall_forall in HA. apply HA. eapply nth_error_In; eauto.
  - intros A' _ HA n c N. rewrite List.Forall_forall in HA. apply HA. eapply nth_error_In; eauto.
  - intros q c N. now rewrite PM.gempty in N.
  - apply List.Forall_forall. intros c Ic. apply S. apply in_or_app. now left.
  - intros _. apply List.Forall_forall. intros c Ic. apply S. apply in_or_app. now right. Qed.
