(* From data to plain theorems. Nodes come as a list, newest first, each with its name; a claim about them is read in plain words: its
   indices one by one, its hypotheses in front. `certified` says that data which pass `run` make a true statement. *)
From Coq Require Import Reals Lra Lia Arith PArith List FMapPositive ZArith QArith Bool.
From Coquelicot Require Import Coquelicot.
From Wengert Require Import Sums Functions Rules Ring Extrema Kernel.
Import ListNotations.
Open Scope R_scope.
Definition table := list (positive * node).

(* --- the words of the statements: an array with one entry replaced *)
Definition upd2 (w : nat -> nat -> R) (i j : nat) (t : R) : nat -> nat -> R :=
  fun a b => if Nat.eqb a i then if Nat.eqb b j then t else w a b else w a b.
Definition upd3 (w : nat -> nat -> nat -> R) (i j k : nat) (t : R) : nat -> nat -> nat -> R :=
  fun a b c => if Nat.eqb a i then if Nat.eqb b j then if Nat.eqb c k then t else w a b c else w a b c else w a b c.

(* --- what nodes denote *)
Fixpoint den (dv : positive -> nat) (Fn : positive -> list R -> R) (A : arrs) (l : table) (a : positive) (e : list nat) : R := match l with [] => 0
 | n :: q => if Pos.eqb a (fst n) then ev dv Fn A (den dv Fn A q) (snd n) e else den dv Fn A q a e end.
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
Lemma ev_ext dv Fn A n V V' : (forall al, In al (na n) -> forall e, V (fst al) e = V' (fst al) e) -> forall e, ev dv Fn A V n e = ev dv Fn A V' n e.
Proof. intros E e. unfold ev. assert (X : forall l, map (fun al => V (fst al) (map (index_at dv (e ++ l)) (snd al))) (na n) = map (fun al => V' (fst al) (map (index_at dv (e ++ l)) (snd al))) (na n)).
  { intro l. apply map_ext_in. intros al I. now apply E. }
  destruct (no n); try easy; try (apply msum_ext; intros l _; now rewrite X); try (apply mred_ext; intros l _; now rewrite X); try solve [clear X; destruct (na n) as [|al q]; cbn [map hd]; [easy|apply E; now left]].
  destruct (nb n) as [|d [|d' [|]]]; try easy. destruct (Pos.eqb d d'); [|easy]. apply matv_ext. intros i j _ _. now rewrite X. Qed.
Lemma den_model dv Fn l : ordered l = true -> forall a n, PM.find a (tree l) = Some n -> forall A e, den dv Fn A l a e = ev dv Fn A (den dv Fn A l) n e.
Proof. intros W a n F. rewrite tree_look in F. revert W a n F. induction l as [|[r x] q IH]; intros W a n F A e; [easy|]. pose proof W as W0. cbn [ordered fst snd] in W. apply andb_prop in W as [W1 W]. apply andb_prop in W as [W2 W].
  assert (K : forall b k, (b < r)%positive -> den dv Fn A q b k = den dv Fn A ((r, x) :: q) b k). { intros b k L. cbn [den fst snd]. destruct (Pos.eqb_spec b r); [lia|easy]. }
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
Lemma touched_ok dv Fn s l a : PM.mem a (touched s l) = false -> forall A p t e, den dv Fn (updl A s p t) l a e = den dv Fn A l a e.
Proof. induction l as [|[r n] q IH] in a |- *; intros H A p t e; [easy|]. cbn [touched den fst snd] in *.
  assert (Q : PM.mem a (touched s q) = false). { destruct (_ || _) in H; [rewrite mem_add in H; now apply orb_false_elim in H as [_ H]|easy]. }
  destruct (Pos.eqb_spec a r); [subst r|now apply IH]. destruct (_ || _) eqn:E in H; [rewrite mem_add, Pos.eqb_refl in H; discriminate|]. apply orb_false_elim in E as [E1 E2].
  assert (X : forall al, In al (na n) -> forall k, den dv Fn (updl A s p t) q (fst al) k = den dv Fn A q (fst al) k).
  { intros al I k. apply IH. destruct (PM.mem (fst al) (touched s q)) eqn:M; [|easy]. rewrite <- E2. symmetry. apply existsb_exists. now exists al. }
  rewrite (ev_ext dv Fn (updl A s p t) n _ _ X). unfold ev. unfold is_symbol in E1. destruct (no n); try easy. unfold updl. now rewrite E1. Qed.
Lemma depends_ok dv Fn vars l s a : depends (dependence vars l) s a = false -> forall A p t e, den dv Fn (updl A s p t) l a e = den dv Fn A l a e.
Proof. unfold depends. destruct (PM.find s _) as [t|] eqn:F; [|easy]. intros H. apply touched_ok. enough (t = touched s l) by now subst. clear H.
  induction vars as [|v vars IH]; cbn in F. now rewrite PM.gempty in F. destruct (Pos.eq_dec s v). subst. rewrite PM.gss in F. congruence. rewrite PM.gso in F by easy. auto. Qed.

(* --- which nodes are continuous wherever their symbols are *)
Section SMOOTH.
Variable ders : list (positive * list positive).
Definition known_function (f : positive) (n : nat) : bool := existsb (fun p => Pos.eqb (fst p) f && Nat.eqb (length (snd p)) n) ders.
Definition continuous_op (n : node) : bool := match no n with
 | Oconst _ | Osym _ | Odelta | Odim _ | Oindex _ | Opi | Oadd | Omul | Oid | Ored _ | Oshift _ => true
 | Ofun f => match na n with [_] | [_; _] => known_function f (length (na n)) | _ => false end
 | Opow q => Pos.eqb (Qden q) 1 && Z.leb 0 (Qnum q) | Oun u => continuous_fun u | Obi Bmin | Obi Bmax => true | _ => false end.
Fixpoint smooth (l : table) : PM.t unit := match l with [] => PM.empty _
 | n :: q => let t := smooth q in if continuous_op (snd n) && forallb (fun al => PM.mem (fst al) t) (na (snd n)) then PM.add (fst n) tt t else PM.remove (fst n) t end.
End SMOOTH.
Lemma cont_plus (f g : R -> R) x : continuous f x -> continuous g x -> continuous (fun t => f t + g t) x.
Proof. intros. now apply (continuous_plus f g). Qed.
Lemma cont_mult (f g : R -> R) x : continuous f x -> continuous g x -> continuous (fun t => f t * g t) x.
Proof. intros. now apply (continuous_mult f g). Qed.
Lemma cont_const c x : continuous (fun _ : R => c : R) x. Proof. apply continuous_const. Qed.
Lemma cont_ext (f g : R -> R) x : (forall t, f t = g t) -> continuous f x -> continuous g x. Proof. intros. now apply continuous_ext with f. Qed.
Lemma cont_bsum n (F : R -> nat -> R) x : (forall i, continuous (fun t => F t i) x) -> continuous (fun t => bsum n (F t)) x.
Proof. intro H. induction n; cbn. apply cont_const. now apply cont_plus. Qed.
Lemma max_half u v : Rmax u v = (u + v + 1 * Rabs (u + -1 * v)) * / 2.
Proof. destruct (Rle_dec u v). rewrite Rmax_right, Rabs_left1 by lra. field. rewrite Rmax_left, Rabs_pos_eq by lra. field. Qed.
Lemma min_half u v : Rmin u v = (u + v + -1 * Rabs (u + -1 * v)) * / 2.
Proof. destruct (Rle_dec u v). rewrite Rmin_left, Rabs_left1 by lra. field. rewrite Rmin_right, Rabs_pos_eq by lra. field. Qed.
Lemma cont_comp (g f : R -> R) x : continuous f x -> continuous g (f x) -> continuous (fun t => g (f t)) x.
Proof. intros. now apply (continuous_comp f g). Qed.
Lemma cont_abs (f : R -> R) x : continuous f x -> continuous (fun t => Rabs (f t)) x.
Proof. intros. apply (cont_comp Rabs f); [easy|]. apply continuous_Rabs. Qed.
Lemma cont_extremum (f g : R -> R) (c : R) x : continuous f x -> continuous g x -> continuous (fun t => (f t + g t + c * Rabs (f t + -1 * g t)) * / 2) x.
Proof. intros. apply cont_mult; [|apply cont_const]. apply cont_plus. now apply cont_plus. apply cont_mult. apply cont_const. apply cont_abs. apply cont_plus; [easy|]. apply cont_mult; [apply cont_const|easy]. Qed.
Lemma cont_bred r n (F : R -> nat -> R) x : (forall i, continuous (fun t => F t i) x) -> continuous (fun t => bred r n (F t)) x.
Proof. intro H. destruct r; cbn [bred].
  - induction n; cbn. apply cont_const. now apply cont_mult.
  - induction n as [|[|n] IH]; [apply cont_const|apply H|]. apply cont_ext with (fun t => Rmax (bmax (S n) (F t)) (F t (S n))); [easy|]. eapply cont_ext. intro t. symmetry. apply max_half. now apply cont_extremum.
  - induction n as [|[|n] IH]; [apply cont_const|apply H|]. apply cont_ext with (fun t => Rmin (bmin (S n) (F t)) (F t (S n))); [easy|]. eapply cont_ext. intro t. symmetry. apply min_half. now apply cont_extremum. Qed.
Lemma cont_mred r ds : forall (F : R -> list nat -> R) x, (forall k, continuous (fun t => F t k) x) -> continuous (fun t => mred r ds (F t)) x.
Proof. induction ds as [|d ds IH]; cbn; intros F x H. apply H. apply cont_bred. intro i. apply (IH (fun t k => F t (i :: k))). intro. apply H. Qed.
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
Lemma updi_cases l : forall p, (forall t old, updi l p t old = t) \/ (forall t old, updi l p t old = old).
Proof. induction l as [|x l IH]; destruct p as [|y p]; cbn; auto. destruct (Nat.eqb x y); auto. Qed.
Lemma mem_remove (t : PM.t unit) a p : PM.mem a (PM.remove p t) = negb (Pos.eqb a p) && PM.mem a t.
Proof. rewrite !PM.mem_find. destruct (Pos.eqb_spec a p). subst. now rewrite PM.grs. now rewrite PM.gro. Qed.
Lemma smooth_ok dv Fn ders l : List.Forall (differentiates Fn) ders -> forall a, PM.mem a (smooth ders l) = true -> forall A s p e x, continuous (fun t => den dv Fn (updl A s p t) l a e) x.
Proof. intro DF. induction l as [|[r n] q IH]; intros a H A s p e x; cbn [smooth den fst snd] in *. now rewrite PM.mem_find, PM.gempty in H.
  assert (Q : a <> r -> PM.mem a (smooth ders q) = true). { intro N. apply Pos.eqb_neq in N. destruct (_ && _) in H; rewrite ?mem_add, ?mem_remove, N in H; exact H. }
  destruct (Pos.eqb_spec a r); [subst r|now apply IH; apply Q]. destruct (_ && _) eqn:E in H. 2:{ now rewrite mem_remove, Pos.eqb_refl in H. } apply andb_prop in E as [O C]. clear H Q. rewrite forallb_forall in C.
  set (f := fun (k : list nat) (al : id * list nat) t => den dv Fn (updl A s p t) q (fst al) (map (index_at dv (e ++ k)) (snd al))).
  assert (F : forall k al, In al (na n) -> continuous (f k al) x) by (intros k al I; apply IH; now apply C).
  assert (G : (forall k, continuous (fun t => opv Fn (no n) (map (fun al => f k al t) (na n))) x) -> continuous (fun t => msum (map dv (nb n)) (fun k => opv Fn (no n) (map (fun al => f k al t) (na n)))) x) by (intro K; now apply cont_msum).
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
    + eapply cont_ext. intro t. symmetry. apply max_half. now apply cont_extremum.
  - apply G. intro k. cbn [opv]. destruct (na n) as [|X [|Y [|]]] eqn:N; try discriminate O; unfold known_function in O; apply existsb_exists in O as ([f' fs] & I & O); apply andb_prop in O as [O1 O2]; cbn [fst snd] in *; apply Pos.eqb_eq in O1; apply Nat.eqb_eq in O2; subst f';
      pose proof (proj1 (List.Forall_forall _ _) DF _ I) as D; unfold differentiates in D; cbn [fst snd] in D.
    + destruct fs as [|f1 [|]]; try discriminate O2. cbn [map]. apply (cont_comp (fun v => Fn f0 [v])). apply F. now left. apply (@ex_derive_continuous R_AbsRing R_NormedModule). eexists. apply D.
    + destruct fs as [|f1 [|f2 [|]]]; try discriminate O2. cbn [map]. apply (continuous_comp_2 (f k X) (f k Y) (fun u v => Fn f0 [u; v])). apply F. now left. apply F. right. now left.
      apply (proj1 (continuity_2d_pt_filterlim (fun u v => Fn f0 [u; v]) (f k X x) (f k Y x))). apply differentiable_continuity_pt. eexists. eexists. apply D.
  - apply cont_mred. intro k. apply (cont_sm (f k)). intros; now apply F.
  - destruct (na n) as [|X q0]; cbn [map hd]. apply cont_const. apply IH. apply C. now left. Qed.

(* --- claims that, where they hold, hold in a region that is open along the variables *)
Section OPEN.
Variables (vars : list positive) (l : table) (m : PM.t (PM.t unit)) (c : PM.t unit).
Definition free a := forallb (fun s => negb (depends m s a)) vars.
Definition open_claim (k : claim) : bool := match k with Ceq a b => free a && free b | Csgn r a => free a || (lasts r && PM.mem a c) | _ => false end.
End OPEN.
Lemma open_claim_ok dv Fn ders vars l k A s p : List.Forall (differentiates Fn) ders -> open_claim vars (dependence vars l) (smooth ders l) k = true -> In s vars -> sem (tree l) dv (fun A => den dv Fn A l) A k ->
  locally (A s p) (fun t => sem (tree l) dv (fun A => den dv Fn A l) (updl A s p t) k).
Proof. intros DF O I. assert (FR : forall a, free vars (dependence vars l) a = true -> forall t e, den dv Fn (updl A s p t) l a e = den dv Fn A l a e).
  { intros a F t e. unfold free in F. rewrite forallb_forall in F. specialize (F s I). apply (depends_ok dv Fn vars). now apply negb_true_iff in F. }
  destruct k as [a b|r a| | | | |]; try discriminate O; cbn [open_claim sem] in *; intro H.
  - apply andb_prop in O as [O1 O2]. apply filter_forall. intros t e He. rewrite !FR by easy. now apply H.
  - apply orb_prop in O as [O|O]. apply filter_forall. intros t e He. rewrite !FR by easy. now apply H.
    apply andb_prop in O as [O1 O2]. apply (locally_inr _ (fun e t => rv r (den dv Fn (updl A s p t) l a e))). intros e He. specialize (H e He).
    apply locally_sign; [exact O1|exact (smooth_ok dv Fn ders l DF a O2 A s p e (A s p))|now rewrite updl_id]. Qed.

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
Variables (l : table) (dv : positive -> nat) (Fn : positive -> list R -> R) (A : arrs).
Notation lk := (index_at dv).
Definition says (c : claim) : Prop := match c with
 | Ceq a b => all (map dv (ranges l a)) (fun e => den dv Fn A l a e = den dv Fn A l b e)
 | Csgn r a => all (map dv (ranges l a)) (fun e => rv r (den dv Fn A l a e))
 | Cder a s W d => all (map dv (ranges l a)) (fun e => all (map dv W) (fun p => is_derive (fun t => den dv Fn (updl A s p t) l a e) (A s p) (den dv Fn A l d (e ++ p))))
 | Cent a s W L d => all (map dv (ranges l d)) (fun e => is_derive (fun t => den dv Fn (updl A s (map (lk e) L) t) l a (firstn (length (ranges l a)) e)) (A s (map (lk e) L)) (den dv Fn A l d e))
 | Chent n a s W L d => all (map dv (ranges l d)) (fun e => let q := map (lk e) L in let p := skipn (n * length W) q in
    is_derive (fun t => higher s (fun A => den dv Fn A l a (firstn (length (ranges l a)) e)) (chop (length W) n q) (updl A s p t)) (A s p) (den dv Fn A l d e) /\
    locally (A s p) (fun t => earlier s (fun A => den dv Fn A l a (firstn (length (ranges l a)) e)) (rev (chop (length W) n q)) (updl A s p t)))
 | Chi n a s W d => all (map dv (ranges l a)) (fun e => all_many n (map dv W) (fun ps => all (map dv W) (fun p =>
    is_derive (fun t => higher s (fun A => den dv Fn A l a e) ps (updl A s p t)) (A s p) (den dv Fn A l d (e ++ concat ps ++ p)) /\
    locally (A s p) (fun t => earlier s (fun A => den dv Fn A l a e) (rev ps) (updl A s p t)))))
 | Capart i j a b => all (map dv (ranges l a)) (fun e => lk e i <> lk e j -> den dv Fn A l a e = den dv Fn A l b e) end.
Lemma says_ok c : says c <-> sem (tree l) dv (fun A => den dv Fn A l) A c.
Proof. assert (R : forall a, rng (tree l) a = ranges l a) by (intro a; unfold rng, ranges; now rewrite tree_look). destruct c; cbn [says sem]; rewrite !R, !all_ok; try reflexivity.
  - split.
    + intros H e p He Hp. specialize (H e He). rewrite all_ok in H. exact (H p Hp).
    + intros H e He. rewrite all_ok. intros p Hp. exact (H e p He Hp).
  - split.
    + intros H e ps p He L F Hp. specialize (H e He). rewrite all_many_ok in H. specialize (H ps L F). rewrite all_ok in H. exact (H p Hp).
    + intros H e He. rewrite all_many_ok. intros ps L F. rewrite all_ok. intros p Hp. exact (H e ps p He L F Hp). Qed.
End PLAIN.
(* The extent 2*n is the number n; the odd ones are those of a list: a dimension of the statement, in order, and a number more, less
   what dimensions the range begins at. *)
Definition range_end := (nat * Z * list nat)%type.
Definition extent (ds : list nat) (x : range_end) : nat := let '(k, z, less) := x in let n := nth k ds 1%nat in
  fold_left (fun n m => n - nth m ds 1)%nat less match z with Z0 => n | Zpos p => (n + Pos.to_nat p)%nat | Zneg p => (n - Pos.to_nat p)%nat end.
Section EXTENTS.
Variables (exts : list range_end) (facts : list (positive * positive)).     (* facts: that one extent is at most another *)
Definition part (d : positive) : range_end := nth (match d with xI p => Pos.to_nat p | _ => 0%nat end) exts (0%nat, 0%Z, []).
Definition named (d : positive) : bool := match d with xO _ => false | _ => true end.
Definition is_dim (d : positive) (k : nat) : bool := named d && match part d with (k', Z0, []) => Nat.eqb k' k | _ => false end.
Definition dims (ds : list nat) (d : positive) : nat := match d with xO p => Pos.to_nat p | xH => extent ds (nth 0 exts (0%nat, 0%Z, [])) | xI p => extent ds (nth (Pos.to_nat p) exts (0%nat, 0%Z, [])) end.
Definition least_dim (k : nat) : nat := fold_right (fun f m => match fst f with xO p => if is_dim (snd f) k then Nat.max (Pos.to_nat p) m else m | _ => m end) 0%nat facts.
(* that the dimension a and y is at most b and z *)
Definition below (a b : nat) (y z : Z) : bool := (Nat.eqb a b && Z.leb y z) || existsb (fun f => (named (fst f) && named (snd f)) && match part (fst f), part (snd f) with (a', y', []), (b', z', []) =>
  (Nat.eqb a' a && Nat.eqb b' b) && ((Z.leb 0 y' && Z.leb 0 z') && Z.leb (y - z) (y' - z')) | _, _ => false end) facts.
Definition least (d : positive) : nat := match d with xO p => Pos.to_nat p | _ => match part d with (k, z, []) => Z.to_nat (Z.of_nat (least_dim k) + z) | (k, z, [m]) => if below m k 1 z then 1%nat else 0%nat | _ => 0%nat end end.
(* that a place more than the indices of d' is an index of d *)
Definition reaches (k : nat) (y : Z) (less : list nat) (d : positive) : bool := named d && let '(k', z, less') := part d in below k k' y z && if list_eq_dec Nat.eq_dec less less' then true else false.
Definition at_most (d' : positive) (c : nat) (d : positive) : bool := (Nat.eqb c here && existsb (fun f => Pos.eqb (fst f) d' && Pos.eqb (snd f) d) facts) || let e := Pos.of_succ_nat c in match d', e with
  | xO p, xO q => Nat.leb (pred (Pos.to_nat q) + Pos.to_nat p) (least d)
  | xO p, _ => Nat.leb (Pos.to_nat p) (least d) && match part e with (k, z, []) => reaches k (z + Zpos p) [] d | _ => false end
  | _, xO q => let '(k, z, less) := part d' in let s := Z.pred (Zpos q) in reaches k (s + z) less d || match less with [m] => reaches k (s + z - Z.of_nat (least_dim m)) [] d | _ => false end
  | _, _ => match part d', part e with (k, z, [m]), (m', y, []) => Nat.eqb m m' && (Z.leb 0 (Z.of_nat (least_dim m) + y) && reaches k (z + y) [] d) | _, _ => false end end.
Definition names : list positive := map (fun k => match k with O => xH | S k => xI (Pos.of_succ_nat k) end) (seq 0 (length exts)).
Definition base (d : positive) : option (positive * Z) := match part d with (_, Z0, _) | (_, _, _ :: _) => None
  | (k, z, []) => if named d && Z.leb 0 (Z.of_nat (least_dim k) + z) then match find (fun b => is_dim b k) names with Some b => Some (b, z) | None => None end else None end.
Definition of_extents : geometry := Geo (fun d k => Nat.ltb k (least d)) at_most base.
Variable ds : list nat.
Hypothesis HD : List.Forall (fun f => (dims ds (fst f) <= dims ds (snd f))%nat) facts.
Notation dim k := (nth k ds 1%nat).
Fixpoint taken (less : list nat) : Z := match less with [] => 0%Z | m :: r => (Z.of_nat (dim m) + taken r)%Z end.
Lemma taken_nonneg less : (0 <= taken less)%Z. Proof. induction less; cbn [taken]; lia. Qed.
Lemma taken_ok less : forall n, (Z.of_nat n - taken less <= Z.of_nat (fold_left (fun n m => n - dim m)%nat less n))%Z /\ forall i, (i < fold_left (fun n m => n - dim m)%nat less n)%nat -> (Z.of_nat i < Z.of_nat n - taken less)%Z.
Proof. induction less as [|m less IH]; intro n; cbn [fold_left taken]. split; [lia|intros; lia]. destruct (IH (n - dim m)%nat) as [I1 I2]. pose proof (taken_nonneg less). split; [lia|]. intros i L. specialize (I2 i L). lia. Qed.
Definition range_last (k : nat) (z : Z) : nat := let n := dim k in match z with Z0 => n | Zpos p => (n + Pos.to_nat p)%nat | Zneg p => (n - Pos.to_nat p)%nat end.
Lemma extent_above k z less : (Z.of_nat (dim k) + z - taken less <= Z.of_nat (extent ds (k, z, less)))%Z.
Proof. change (extent ds (k, z, less)) with (fold_left (fun n m => n - dim m)%nat less (range_last k z)). destruct (taken_ok less (range_last k z)) as [T _]. unfold range_last in *. destruct z; lia. Qed.
Lemma extent_below k z less i : (i < extent ds (k, z, less))%nat -> (Z.of_nat i < Z.of_nat (dim k) + z - taken less)%Z.
Proof. change (extent ds (k, z, less)) with (fold_left (fun n m => n - dim m)%nat less (range_last k z)). destruct (taken_ok less (range_last k z)) as [_ T]. intro L. specialize (T i L). pose proof (taken_nonneg less). unfold range_last in *. destruct z; lia. Qed.
Lemma dims_named d : named d = true -> dims ds d = extent ds (part d). Proof. now destruct d. Qed.
Lemma is_dim_ok d k : is_dim d k = true -> dims ds d = dim k.
Proof. unfold is_dim. intro H. apply andb_prop in H as [H1 H2]. rewrite dims_named by easy. destruct (part d) as [[k' [| |]] [|]]; try discriminate. apply Nat.eqb_eq in H2. now subst. Qed.
Lemma least_dim_ok k : (least_dim k <= dim k)%nat.
Proof. unfold least_dim. rewrite List.Forall_forall in HD. assert (K : forall fs, (forall f, In f fs -> In f facts) -> (fold_right (fun f m => match fst f with xO p => if is_dim (snd f) k then Nat.max (Pos.to_nat p) m else m | _ => m end) 0 fs <= dim k)%nat).
  { induction fs as [|[a b] fs IH]; intro I; cbn [fold_right fst snd]; [lia|]. specialize (IH (fun f J => I f (or_intror J))). destruct a; try exact IH. destruct (is_dim b k) eqn:B; [|exact IH]. specialize (HD _ (I _ (or_introl eq_refl))). cbn [fst snd] in HD. rewrite (is_dim_ok _ _ B) in HD. cbn [dims] in HD. lia. }
  now apply K. Qed.
Lemma below_ok a b y z : below a b y z = true -> (Z.of_nat (dim a) + y <= Z.of_nat (dim b) + z)%Z.
Proof. unfold below. intro H. apply orb_prop in H as [H|H]. apply andb_prop in H as [H1 H2]. apply Nat.eqb_eq in H1. apply Z.leb_le in H2. subst b. lia.
  apply existsb_exists in H as (f & I & H). apply andb_prop in H as [N H]. apply andb_prop in N as [N1 N2]. rewrite List.Forall_forall in HD. specialize (HD _ I). rewrite !dims_named in HD by easy. destruct (part (fst f)) as [[a' y'] [|]], (part (snd f)) as [[b' z'] [|]]; try discriminate.
  apply andb_prop in H as [E H]. apply andb_prop in E as [E1 E2]. apply andb_prop in H as [P H]. apply andb_prop in P as [P1 P2]. apply Nat.eqb_eq in E1, E2. apply Z.leb_le in P1, P2, H. subst. unfold extent in HD; cbn [fold_left] in HD. destruct y', z'; lia. Qed.
Lemma least_ok d : (least d <= dims ds d)%nat.
Proof. assert (K : named d = true -> (match part d with (k, z, []) => Z.to_nat (Z.of_nat (least_dim k) + z) | (k, z, [m]) => if below m k 1 z then 1%nat else 0%nat | _ => 0%nat end <= dims ds d)%nat).
  { intro N. rewrite dims_named by easy. destruct (part d) as [[k z] less]. pose proof (extent_above k z less) as E. destruct less as [|m [|]]; cbn [taken] in E; [pose proof (least_dim_ok k); lia| |lia]. destruct (below m k 1 z) eqn:B; [apply below_ok in B; lia|lia]. }
  destruct d; try exact (K eq_refl). cbn. lia. Qed.
Lemma reaches_ok k y less d : reaches k y less d = true -> (Z.of_nat (dim k) + y - taken less <= Z.of_nat (dims ds d))%Z.
Proof. unfold reaches. intro H. apply andb_prop in H as [N H]. rewrite dims_named by easy. destruct (part d) as [[k' z] less']. apply andb_prop in H as [B E]. apply below_ok in B. destruct (list_eq_dec Nat.eq_dec less less') as [<-|]; [|discriminate]. pose proof (extent_above k' z less). lia. Qed.
Lemma place_named c : named (Pos.of_succ_nat c) = true -> place (dims ds) c = extent ds (part (Pos.of_succ_nat c)).
Proof. intro N. rewrite <- dims_named by easy. unfold place. now destruct (Pos.of_succ_nat c). Qed.
Lemma at_most_ok d' c d : at_most d' c d = true -> forall i, (i < dims ds d')%nat -> (place (dims ds) c + i < dims ds d)%nat.
Proof. unfold at_most. cbv zeta. intros H i L. apply orb_prop in H as [H|H].
  { apply andb_prop in H as [H0 H]. apply Nat.eqb_eq in H0. subst c. apply existsb_exists in H as (f & I & H). apply andb_prop in H as [H1 H2]. apply Pos.eqb_eq in H1, H2. subst. rewrite List.Forall_forall in HD. specialize (HD _ I). change (place (dims ds) here) with 0%nat. lia. }
  assert (P : forall q, Pos.of_succ_nat c = xO q -> place (dims ds) c = pred (Pos.to_nat q)) by (intros q E; unfold place; now rewrite E).
  assert (W : forall p, d' = xO p -> named (Pos.of_succ_nat c) = true -> Nat.leb (Pos.to_nat p) (least d) && match part (Pos.of_succ_nat c) with (k, z, []) => reaches k (z + Zpos p) [] d | _ => false end = true -> (place (dims ds) c + i < dims ds d)%nat).
  { intros p -> N C. rewrite (place_named c N). apply andb_prop in C as [C1 C]. apply Nat.leb_le in C1. pose proof (least_ok d). destruct (part (Pos.of_succ_nat c)) as [[k z] [|]]; [|discriminate]. apply reaches_ok in C. cbn [taken] in C. cbn [dims] in L.
    destruct (Nat.eq_dec (extent ds (k, z, [])) 0) as [->|E]; [lia|]. pose proof (extent_below k z [] (pred (extent ds (k, z, []))) ltac:(lia)) as B. cbn [taken] in B. lia. }
  assert (X : forall q, Pos.of_succ_nat c = xO q -> named d' = true -> (let '(k, z, less) := part d' in let s := Z.pred (Zpos q) in reaches k (s + z) less d || match less with [m] => reaches k (s + z - Z.of_nat (least_dim m)) [] d | _ => false end) = true -> (place (dims ds) c + i < dims ds d)%nat).
  { intros q E N C. rewrite (P q E). rewrite dims_named in L by easy. destruct (part d') as [[k z] less]. cbv zeta in C. apply extent_below in L. apply orb_prop in C as [C|C]. apply reaches_ok in C. lia. destruct less as [|m [|]]; try discriminate. apply reaches_ok in C. cbn [taken] in *. pose proof (least_dim_ok m). lia. }
  assert (Y : named d' = true -> named (Pos.of_succ_nat c) = true -> match part d', part (Pos.of_succ_nat c) with (k, z, [m]), (m', y, []) => Nat.eqb m m' && (Z.leb 0 (Z.of_nat (least_dim m) + y) && reaches k (z + y) [] d) | _, _ => false end = true -> (place (dims ds) c + i < dims ds d)%nat).
  { intros N N' C. rewrite (place_named c N'). rewrite dims_named in L by easy. destruct (part d') as [[k z] [|m [|]]]; try discriminate. destruct (part (Pos.of_succ_nat c)) as [[m' y] [|]]; try discriminate. apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C]. apply Nat.eqb_eq in C1. apply Z.leb_le in C2. subst m'. apply extent_below in L. apply reaches_ok in C. cbn [taken] in *. pose proof (least_dim_ok m).
    destruct (Nat.eq_dec (extent ds (m, y, [])) 0) as [->|E]; [lia|]. pose proof (extent_below m y [] (pred (extent ds (m, y, []))) ltac:(lia)) as B. cbn [taken] in B. lia. }
  destruct d' as [p'|p'|]; destruct (Pos.of_succ_nat c) as [q|q|] eqn:E; try (now apply Y); try (now apply (X q)); try (now apply (W p')). apply Nat.leb_le in H. rewrite (P q) by easy. pose proof (least_ok d). cbn [dims] in L. lia. Qed.
Lemma of_extents_ok : fine_geometry (dims ds) of_extents.
Proof. split; cbn [of_extents within fits shift_of].
  - intros d k H. apply Nat.ltb_lt in H. pose proof (least_ok d). lia.
  - exact at_most_ok.
  - intros d b z H. unfold base in H. destruct (part d) as [[k y] less] eqn:PD. assert (C : y = z /\ less = [] /\ named d = true /\ (0 <= Z.of_nat (least_dim k) + y)%Z /\ is_dim b k = true).
    { destruct y, less; try discriminate; (destruct (named d && _) eqn:C; [|discriminate]; apply andb_prop in C as [C1 C2]; apply Z.leb_le in C2; destruct (find _ names) as [b'|] eqn:FD; [|discriminate]; apply find_some in FD as [_ FD]; now injection H as <- <-). }
    destruct C as (-> & -> & N & C & D). rewrite (is_dim_ok _ _ D), (dims_named d N), PD. unfold extent; cbn [fold_left]. pose proof (least_dim_ok k) as L. destruct z as [|p|p].
    + cbn. ring.
    + now rewrite plus_INR, (INR_IZR_INZ (Pos.to_nat p)), positive_nat_Z.
    + rewrite minus_INR by lia. rewrite (INR_IZR_INZ (Pos.to_nat p)), positive_nat_Z. reflexivity.
  - reflexivity. Qed.
End EXTENTS.

(* --- data, checked *)
Definition claim_dec : forall c d : claim, {c = d} + {c <> d}.
Proof. decide equality; auto using Pos.eq_dec, Nat.eq_dec, rel_dec, (list_eq_dec Pos.eq_dec), (list_eq_dec Nat.eq_dec). Defined.
Definition run (l : table) (exts : list range_end) (facts : list (positive * positive)) (ders : list (positive * list positive)) (vars : list positive) (regs hyps : list claim) (ss : list step) (goals : list (positive * claim)) : bool :=
  let m := dependence vars l in let c := smooth ders l in
  ordered l && (forallb (open_claim vars m c) regs && match check (tree l) (of_extents exts facts) ders vars regs (depends m) (fun a => PM.mem a c) 9 hyps (PM.empty _) 1 ss with None => false
   | Some done => forallb (fun g => match PM.find (fst g) done with Some (_, k) => if claim_dec k (snd g) then true else false | None => false end) goals end).
Theorem certified l exts facts ders vars regs hyps ss goals : run l exts facts ders vars regs hyps ss goals = true -> forall (ds : list nat) (Fn : positive -> list R -> R) (A : arrs), let dv := dims exts ds in
  given (map (fun f => (dv (fst f) <= dv (snd f))%nat) facts) (given (map (differentiates Fn) ders) (given (map (says l dv Fn A) (regs ++ hyps)) (both (map (fun g => says l dv Fn A (snd g)) goals)))).
Proof. unfold run. intros H ds Fn A. cbv zeta. set (dv := dims exts ds). apply andb_prop in H as [W H]. apply andb_prop in H as [O H]. destruct (check _ _ _ _ _ _ _ _ _ _ _ _) as [done|] eqn:E; [|discriminate H]. rewrite forallb_forall in H.
  apply given_ok. intro HD. apply given_ok. intro DF. apply given_ok. intro HH. apply both_ok. apply List.Forall_forall. intros P I. apply in_map_iff in I as (g & <- & I). apply says_ok.
  specialize (H g I). cbv beta in H. match type of H with match ?x with _ => _ end = true => destruct x as [[m k]|] eqn:F end; [|discriminate H]. match type of H with (if ?x then _ else _) = true => destruct x as [->|]; [|discriminate H] end.
  assert (HD' : List.Forall (fun f => (dv (fst f) <= dv (snd f))%nat) facts). { rewrite List.Forall_forall in *. intros f If. apply (HD _). apply in_map_iff. now exists f. }
  assert (DF' : List.Forall (differentiates Fn) ders). { rewrite List.Forall_forall in *. intros f If. apply (DF _). apply in_map_iff. now exists f. }
  set (semc := sem (tree l) dv (fun A => den dv Fn A l)).
  assert (S : forall c, In c (regs ++ hyps) -> semc A c). { intros c Ic. apply says_ok. rewrite List.Forall_forall in HH. apply HH. apply in_map_iff. now exists c. }
  refine (check_sound (tree l) (of_extents exts facts) ders vars regs (depends (dependence vars l)) (fun a => PM.mem a (smooth ders l)) dv Fn (of_extents_ok exts facts ds HD') DF' (fun A => List.Forall (semc A) regs) _ (fun A => den dv Fn A l) (den_model dv Fn l W) (smooth_ok dv Fn ders l DF') (depends_ok dv Fn vars l) _ 9%nat hyps (fun A => List.Forall (semc A) hyps) _ ss (PM.empty _) 1%positive done _ E (fst g) (m, snd g) F A _ _).
  - intros A' s p Is HR. rewrite forallb_forall in O. clear - O Is HR DF'. induction regs as [|r rs IH]; [apply filter_forall; constructor|]. inversion HR as [|? ? H1 H2]; subst.
    generalize (filter_and _ _ (open_claim_ok dv Fn ders vars l r A' s p DF' (O r (or_introl eq_refl)) Is H1) (IH (fun c I => O c (or_intror I)) H2)). apply filter_imp. intros t [K1 K2]. now constructor.
  - intros A' HA n c N. rewrite List.Forall_forall in HA. apply HA. eapply nth_error_In; eauto.
  - intros A' _ HA n c N. rewrite List.Forall_forall in HA. apply HA. eapply nth_error_In; eauto.
  - intros q c N. now rewrite PM.gempty in N.
  - apply List.Forall_forall. intros c Ic. apply S. apply in_or_app. now left.
  - intros _. apply List.Forall_forall. intros c Ic. apply S. apply in_or_app. now right. Qed.
