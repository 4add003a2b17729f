(* Nodes of the tape, what they denote, and the `ring` step: distribute, splice nested sums, contract deltas, merge whole powers, sum
   what an index does not touch, order bound indices, reduce powers and roots, clear denominators; all proved sound. *)
From Coq Require Import Reals Lra Lia Arith PArith List FMapPositive ZArith QArith Qreals Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Wengert Require Import Sums Functions.
Import ListNotations.
Open Scope R_scope.
Module PM := PositiveMap.
(* ---------- iterated sums over a list of ranges ---------- *)
Fixpoint msum (ds : list nat) (f : list nat -> R) : R := match ds with
 | [] => f [] | d :: r => bsum d (fun i => msum r (fun l => f (i :: l))) end.
Definition inr (ds l : list nat) := Forall2 (fun i d => (i < d)%nat) l ds.
Lemma msum_ext ds : forall f g, (forall l, inr ds l -> f l = g l) -> msum ds f = msum ds g.
Proof. induction ds; cbn; intros f g H. apply H; constructor. apply bsum_ext. intros. apply IHds. intros. apply H. now constructor. Qed.
Lemma msum_scal ds : forall c f, msum ds (fun l => c * f l) = c * msum ds f.
Proof. induction ds; cbn; intros. easy. rewrite <- bsum_scal_l. apply bsum_ext. intros. apply (IHds c (fun l => f (k :: l))). Qed.
Lemma msum_plus ds : forall f g, msum ds (fun l => f l + g l) = msum ds f + msum ds g.
Proof. induction ds; cbn; intros. easy. rewrite <- bsum_plus. apply bsum_ext. intros. apply (IHds (fun l => f (k :: l))). Qed.
Lemma msum_zero ds : msum ds (fun _ => 0) = 0.
Proof. induction ds; cbn. easy. transitivity (bsum a (fun _ => 0)); [|apply bsum_zero]. apply bsum_ext. intros. apply IHds. Qed.
Lemma msum_app a : forall b f, msum (a ++ b) f = msum a (fun l1 => msum b (fun l2 => f (l1 ++ l2))).
Proof. induction a; cbn; intros. easy. apply bsum_ext. intros. apply IHa. Qed.
Lemma msum_bsum a d : forall g, msum a (fun l => bsum d (g l)) = bsum d (fun i => msum a (fun l => g l i)).
Proof. induction a; cbn; intros. easy. rewrite <- bsum_swap. apply bsum_ext. intros. apply (IHa (fun l => g (k :: l))). Qed.
Lemma Forall2_length {A B} (P : A -> B -> Prop) a b : Forall2 P a b -> length a = length b.
Proof. induction 1; cbn; congruence. Qed.
Lemma msum_front a d b f : msum (a ++ d :: b) f =
  bsum d (fun i => msum (a ++ b) (fun l => f (firstn (length a) l ++ i :: skipn (length a) l))).
Proof. rewrite msum_app. cbn. rewrite (msum_bsum a d (fun l1 i => msum b (fun l => f (l1 ++ i :: l)))). apply bsum_ext. intros i Hi. rewrite msum_app.
  apply msum_ext. intros l1 H1. apply msum_ext. intros l2 H2. apply Forall2_length in H1. rewrite <- H1.
  rewrite firstn_app, firstn_all, Nat.sub_diag, skipn_app, skipn_all, Nat.sub_diag. cbn. now rewrite app_nil_r. Qed.
(* products and extrema over ranges, as sums *)
Inductive red := Eprod | Emax | Emin.
Definition bred (r : red) : nat -> (nat -> R) -> R := match r with Eprod => bprod | Emax => bmax | Emin => bmin end.
Fixpoint mred (r : red) (ds : list nat) (f : list nat -> R) : R := match ds with
 | [] => f [] | d :: q => bred r d (fun i => mred r q (fun l => f (i :: l))) end.
Lemma bred_ext r K f g : (forall k, (k < K)%nat -> f k = g k) -> bred r K f = bred r K g.
Proof. destruct r; [apply bprod_ext|apply bmax_ext|apply bmin_ext]. Qed.
Lemma mred_ext r ds : forall f g, (forall l, inr ds l -> f l = g l) -> mred r ds f = mred r ds g.
Proof. induction ds; cbn; intros f g H. apply H; constructor. apply bred_ext. intros. apply IHds. intros. apply H. now constructor. Qed.
(* ---------- nodes ---------- *)
Notation id := positive.
Inductive mat := Mdet | Madj | Minv.
Inductive op := Oconst (c : Q) | Osym (a : positive) | Odelta | Odim (d : positive) | Oindex (lo : nat) | Opi | Oadd | Omul | Oid | Opow (q : Q) | Oun (u : un) | Obi (b : bi) | Osel (c : cmp) | Omat (m : mat) | Ofun (f : positive) | Ored (r : red) | Oshift (ss : list nat).
Record node := Nd { no : op; nr : list positive; nb : list positive; na : list (id * list nat) }.
(* A fixed place, counted from 0, by number: 2 * k + 1 is the place k, and 2 * k the one behind all of the extent 2 * k + 1. *)
Notation here := 1%nat.
Section PLACES.
Variable dv : positive -> nat.
Definition place (c : nat) : nat := match Pos.of_succ_nat c with xO p => pred (Pos.to_nat p) | d => dv d end.
(* what a label x reads where the indices are e: one of them, or beyond them a fixed place *)
Definition index_at (e : list nat) (x : nat) : nat := nth x e (place (x - length e)).
(* entries some places further on *)
Fixpoint further (ss l : list nat) : list nat := match ss, l with s :: ss, x :: l => (place s + x)%nat :: further ss l | _, _ => l end.
Lemma place_number k : place (2 * k + 1) = k.
Proof. unfold place. assert (E : Pos.of_succ_nat (2 * k + 1) = xO (Pos.of_succ_nat k)) by (apply Pos2Nat.inj; rewrite Pos2Nat.inj_xO, !SuccNat2Pos.id_succ; lia). rewrite E, SuccNat2Pos.id_succ. reflexivity. Qed.
Lemma places_differ a b : Nat.odd a = true -> Nat.odd b = true -> a <> b -> place a <> place b.
Proof. intros A B N. apply Nat.odd_spec in A as [k ->]. apply Nat.odd_spec in B as [l ->]. rewrite !place_number. lia. Qed.
End PLACES.
Fixpoint sm (l : list R) : R := match l with [] => 0 | [x] => x | x :: r => x + sm r end.
Fixpoint pr (l : list R) : R := match l with [] => 1 | [x] => x | x :: r => x * pr r end.
(* F: what unknown functions are *)
Definition opv (F : positive -> list R -> R) o (vs : list R) : R := match o with
 | Oadd | Oid => sm vs | Omul => pr vs | Opow q => qpow (hd 0 vs) q | Oun u => uv u (hd 0 vs) | Obi b => bv b (hd 0 vs) (nth 1 vs 0)
 | Osel c => choose c (hd 0 vs) (nth 1 vs 0) (nth 2 vs 0) (nth 3 vs 0) | Ofun f => F f vs | _ => 0 end.
(* r: how many axes it has, the last two those of the matrix *)
Definition matv (m : mat) (n r : nat) (e : list nat) (F : nat -> nat -> R) : R := match m with
 | Mdet => det n F | Madj => adj n F (nth (r - 2) e 0%nat) (nth (r - 1) e 0%nat) | Minv => inv n F (nth (r - 2) e 0%nat) (nth (r - 1) e 0%nat) end.
Lemma matv_ext m n r e F G : (forall i j, (i < n)%nat -> (j < n)%nat -> F i j = G i j) -> matv m n r e F = matv m n r e G.
Proof. intro H. apply clip_ext in H. unfold matv, inv, adj, det. now rewrite H. Qed.
Section EV.
Variables (dv : positive -> nat) (F : positive -> list R -> R).
Notation lk := (index_at dv).
Definition ev (arr : positive -> list nat -> R) (V : id -> list nat -> R) (n : node) (e : list nat) : R := match no n with
 | Oconst c => qv c | Osym a => arr a e | Odelta => delta (lk e 0) (lk e 1) | Odim d => INR (dv d) | Oindex lo => INR (place dv lo + lk e 0) | Opi => PI
 | Omat m => match nb n with [d; d'] => if Pos.eqb d d' then matv m (dv d) (length (nr n)) e (fun p q => hd 0 (map (fun al => V (fst al) (map (lk (e ++ [p; q])) (snd al))) (na n))) else 0 | _ => 0 end
 | Oshift ss => hd 0 (map (fun al => V (fst al) (further dv ss (map (lk e) (snd al)))) (na n))
 | Ored r => mred r (map dv (nb n)) (fun l => sm (map (fun al => V (fst al) (map (lk (e ++ l)) (snd al))) (na n)))
 | o => msum (map dv (nb n)) (fun l => opv F o (map (fun al => V (fst al) (map (lk (e ++ l)) (snd al))) (na n))) end.
End EV.
Lemma sm_cons x l : sm (x :: l) = x + sm l. Proof. destruct l; cbn; ring. Qed.
Lemma pr_cons x l : pr (x :: l) = x * pr l. Proof. destruct l; cbn; ring. Qed.
(* ---------- sums of products over binders ---------- *)
(* an entry of a node, a delta, a dimension, a root of an entry, a root of a number *)
Inductive hd' := Hn (a : id) | Hd | Hk (d : positive) | Hr (a : id) (k : positive) | Hq (p k : positive).
Definition fac := (hd' * list nat * Z)%type.
Record mono := M { mc : Q; md : list positive; mf : list fac }.
Definition hd_dec : forall x y : hd', {x = y} + {x <> y}.
Proof. decide equality; apply Pos.eq_dec. Defined.
Definition op_dec : forall x y : option positive, {x = y} + {x <> y}.
Proof. decide equality; apply Pos.eq_dec. Defined.
Definition ln_dec := list_eq_dec Nat.eq_dec.
Definition lp_dec := list_eq_dec Pos.eq_dec.
Definition fac_dec : forall x y : fac, {x = y} + {x <> y}.
Proof. intros [[h l] z] [[h' l'] z']. destruct (hd_dec h h'), (ln_dec l l'), (Z.eq_dec z z'); try (right; congruence). left; congruence. Defined.
Definition lf_dec := list_eq_dec fac_dec.
Definition ren (g : nat -> nat) (fs : list fac) : list fac := map (fun f => let '(h, l, z) := f in (h, map g l, z)) fs.
Definition scale (k : Z) (fs : list fac) : list fac := map (fun f => let '(h, l, z) := f in (h, l, (z * k)%Z)) fs.
(* x^(n/d) is the power n*k/d of the k-th root of x *)
Definition rpoly (den d : positive) (n : Z) (a : id) : option (hd' * Z) := let k := Z.to_pos (Zpos den / Zpos d) in
  if negb (Pos.eqb d 1) && Pos.eqb den (d * k) then Some (Hr a den, (Zpos k * n)%Z) else None.
Definition ppoly (den : positive) (q : Q) (a : id) : option (hd' * Z) := match Qden q with 1%positive => Some (Hn a, Qnum q) | d => rpoly den d (Qnum q) a end.
Definition npoly (den : positive) (n : node) : option (list mono) := match no n with
 | Oconst c => Some [M c [] []]
 | Odelta => Some [M 1 [] [(Hd, [0; 1]%nat, 1%Z)]]
 | Odim d => Some [M 1 [] [(Hk d, [], 1%Z)]]
 | Oadd | Oid => Some (map (fun al => M 1 (nb n) [(Hn (fst al), snd al, 1%Z)]) (na n))
 | Omul => Some [M 1 (nb n) (map (fun al => (Hn (fst al), snd al, 1%Z)) (na n))]
 | Opow q => match na n with [al] => match ppoly den q (fst al) with Some (h, z) => Some [M 1 (nb n) [(h, snd al, z)]] | None => None end | _ => None end
 | _ => None end.
(* What is known of the extents of ranges: that there are more than k, that one and a place more is at most another, that one is another and some more. *)
Record geometry := Geo { within : positive -> nat -> bool; fits : positive -> nat -> positive -> bool; shift_of : positive -> option (positive * Z) }.
Record fine_geometry (dv : positive -> nat) (gm : geometry) : Prop := {
  within_ok : forall d k, within gm d k = true -> (k < dv d)%nat;
  fits_ok : forall d' s d, fits gm d' s d = true -> forall i, (i < dv d')%nat -> (place dv s + i < dv d)%nat;
  shift_ok : forall d b z, shift_of gm d = Some (b, z) -> INR (dv d) = INR (dv b) + IZR z;
  number_ok : forall p, dv (xO p) = Pos.to_nat p }.
Section RING.
Variable dv : positive -> nat.
Notation lk := (index_at dv).
Variable gm : geometry.
Variable rng : id -> list positive.            (* out dims of a node *)
Variable G : id -> option (list mono).         (* what a node is expanded to *)
Variable kn : rel -> id -> bool.               (* known signs *)
Variable pwr : id -> option (Z * id).          (* a^k = b *)
Variable swaps : list (id * list nat).         (* (a, p): a is the same where its indices are taken in the order p *)
Variable moved : id -> option (list nat * id * list nat).      (* what a node reads some places further on *)
Variable equal_indices : id -> bool.           (* whether a node is 1 where two indices are equal, else 0 *)
Variable readers : list id.
(* --- the algorithm --- *)
Definition lab1 (D : list positive) (x : nat) (d : positive) : bool := match nth_error D x with Some d' => Pos.eqb d d' || fits gm d' here d | None => fits gm 2 (x - length D) d end.
Fixpoint lab_ok (D : list positive) (ls : list nat) (ra : list positive) : bool := match ls, ra with [], [] => true | x :: ls, d :: ra => lab1 D x d && lab_ok D ls ra | _, _ => false end.
(* a label of w indices where b more follow them; what the labels of the indices that ls reads are there *)
Definition up (w b x : nat) : nat := if Nat.ltb x w then x else (x + b)%nat.
Definition sp (ls : list nat) (w b x : nat) : nat := if Nat.ltb x (length ls) then up w b (nth x ls 0%nat) else (x - length ls + w)%nat.
Fixpoint qpn (c : Q) (n : nat) : Q := match n with O => 1%Q | S n => Qmult c (qpn c n) end.
Fixpoint expand (k : nat) (fd : list positive) (c : Q) (ds : list positive) (todo done : list fac) : list mono := match k with
 | O => [M c ds (todo ++ done)] | S k => match todo with [] => [M c ds done]
 | (h, ls, z) :: rest => let keep := expand k fd c ds rest ((h, ls, z) :: done) in
   match h with Hn a => match G a with Some p => if lab_ok (fd ++ ds) ls (rng a) then
     let w := (length fd + length ds)%nat in
     match z with
     | Z0 => expand k fd c ds rest done
     | Zpos 1 => flat_map (fun m => let b := length (md m) in expand k fd (Qred (c * mc m)) (ds ++ md m) (ren (sp ls w b) (mf m) ++ ren (up w b) rest) (ren (up w b) done)) p
     | Zpos _ => expand k fd c ds ((h, ls, 1%Z) :: (h, ls, Z.pred z) :: rest) done
     | Zneg q => match p with [M c' [] fs] => if Qeq_bool c' 0 then keep
        else expand k fd (Qred (c * / qpn c' (Pos.to_nat q))) ds (ren (sp ls w 0) (scale z fs) ++ rest) done
        | _ => keep end end
     else keep | None => keep end | _ => keep end end end.
(* binder j to the front; head operations *)
Definition gfront (r j x : nat) : nat := if Nat.ltb x r then x else if Nat.ltb x (r + j) then S x else if Nat.eqb x (r + j) then r else x.
Definition mvf (r j : nat) (m : mono) : mono := match nth_error (md m) j with
 | Some d => M (mc m) (d :: firstn j (md m) ++ skipn (S j) (md m)) (ren (gfront r j) (mf m)) | None => m end.
Definition gdrop (r y x : nat) : nat := if Nat.ltb x r then x else if Nat.eqb x r then (if Nat.ltb y r then y else pred y) else pred x.
Fixpoint pickd (r : nat) (acc fs : list fac) : option (nat * list fac) := match fs with [] => None
 | (Hd, [x; y], z) :: t => if Z.ltb 0 z then (if Nat.eqb x r && negb (Nat.eqb y r) then Some (y, rev_append acc t)
     else if Nat.eqb y r && negb (Nat.eqb x r) then Some (x, rev_append acc t) else pickd r ((Hd, [x; y], z) :: acc) t)
     else pickd r ((Hd, [x; y], z) :: acc) t
 | f :: t => pickd r (f :: acc) t end.
Definition hdelta (fd : list positive) (m : mono) : mono := let r := length fd in match md m with [] => m
 | d :: ds => match pickd r [] (mf m) with None => m
   | Some (y, fs) => if lab1 (fd ++ d :: ds) y d then M (mc m) ds (ren (gdrop r y) fs) else m end end.
Definition mentions (x : nat) (fs : list fac) : bool := existsb (fun f => let '(_, l, _) := f in existsb (Nat.eqb x) l) fs.
Definition hfree (r : nat) (m : mono) : mono := match md m with [] => m
 | d :: ds => if mentions r (mf m) then m else match d with
   | xO p => M (Qred (mc m * (Zpos p # 1))) ds (ren (gdrop r r) (mf m))
   | _ => M (mc m) ds ((Hk d, [], 1%Z) :: ren (gdrop r r) (mf m)) end end.
(* whether a node is 1 where one index is some places further on than another, else 0 *)
Definition moved_delta (a : id) : option nat := match moved a with Some ([s; s'], c, ls) => if (Nat.eqb s' here && equal_indices c) && (if ln_dec ls [0; 1]%nat then true else false) then Some s else None | _ => None end.
(* deltas: x x dropped, positive exponents to 1, labels sorted; free substitution *)
Fixpoint clean (fs : list fac) : list fac := match fs with [] => []
 | (h, l, z) :: t => if Z.eqb z 0 then clean t else match h, l with
    | Hd, [x; y] => if Z.ltb 0 z then (if Nat.eqb x y then clean t else (Hd, if Nat.ltb x y then [x; y] else [y; x], 1%Z) :: clean t) else (h, l, z) :: clean t
    | Hn a, [x; y] => (h, l, if Z.ltb 1 z then match moved_delta a with Some _ => 1%Z | None => z end else z) :: clean t
    | _, _ => (h, l, z) :: clean t end end.
Definition subst (a b x : nat) : nat := if Nat.eqb x a then b else x.
Definition frot (w : nat) (fs : list fac) : list fac := match fs with
 | (Hd, [x; y], z) :: t => if Z.ltb 0 z then ren (if Nat.leb w (Nat.max x y) then subst (Nat.min x y) (Nat.max x y) else subst (Nat.max x y) (Nat.min x y)) t ++ [(Hd, [x; y], z)] else t ++ [(Hd, [x; y], z)]
 | f :: t => t ++ [f] | [] => [] end.
Definition firstd (r w : nat) (fs : list fac) : option nat := let bound x := Nat.leb r x && Nat.ltb x w in fold_right (fun f acc => match f with
  | (Hd, [x; y], z) => if Nat.eqb x y then acc else if bound x then Some (x - r)%nat else if bound y then Some (y - r)%nat else acc | _ => acc end) None fs.
(* a delta of two numbers that differ *)
Definition clash (w : nat) (fs : list fac) : bool := existsb (fun f => match f with (Hd, [x; y], z) => Z.ltb 0 z && ((Nat.leb w x && Nat.odd (x - w)) && ((Nat.leb w y && Nat.odd (y - w)) && negb (Nat.eqb x y))) | _ => false end) fs.
Fixpoint iter {A} (n : nat) (f : A -> A) (x : A) : A := match n with O => x | S n => iter n f (f x) end.
Definition mapf (g : list fac -> list fac) (m : mono) : mono := M (mc m) (md m) (g (mf m)).
Definition dstep (fd : list positive) (m : mono) : mono := match firstd (length fd) (length fd + length (md m)) (mf m) with
  | Some j => mapf clean (hdelta fd (mvf (length fd) j m)) | None => m end.
Definition fstep (r : nat) (m : mono) : mono := match find (fun j => negb (mentions (r + j) (mf m))) (seq 0 (length (md m))) with
  | Some j => hfree r (mvf r j m) | None => m end.
(* a sum over an index that must be some places further on than another, as what is read there *)
Fixpoint pickm (D : list positive) (r : nat) (d : positive) (acc fs : list fac) : option (nat * id * nat * list fac) := match fs with [] => None
 | f :: t => match match f with (Hn a, [p; q], z) => match moved_delta a, nth_error D p with Some s, Some d' => if (Z.ltb 0 z && Nat.eqb q r) && (negb (Nat.eqb p r) && fits gm d' s d) then Some (s, a, p) else None | _, _ => None end | _ => None end with
   | Some x => Some (x, rev_append acc t) | None => pickm D r d (f :: acc) t end end.
Definition reader_of (s r : nat) (b : id) (l : list nat) : option id := find (fun c => match moved c with Some (ss, b', ls) => Pos.eqb b b' && ((if ln_dec ls (seq 0 (length l)) then true else false) && (if ln_dec ss (map (fun x => if Nat.eqb x r then s else here) l) then true else false)) | None => false end) readers.
(* the factor where the index r is s places further on than p *)
Definition movef (s : nat) (a : id) (p r : nat) (f : fac) : option fac := let '(h, l, z) := f in let q := map (fun x => if Nat.eqb x r then p else x) l in if negb (existsb (Nat.eqb r) l) then Some f else if Nat.eqb p r then None else match h, l with
 | Hd, [x; y] => if Nat.eqb x y then None else Some (Hn a, [p; if Nat.eqb x r then y else x], z)
 | Hn b, _ => match reader_of s r b l with Some c => Some (Hn c, q, z) | None => match moved_delta b, l with Some s', [x; y] => if Nat.eqb s s' && (Nat.eqb y r && negb (Nat.eqb x r)) then Some (Hd, [x; p], z) else None | _, _ => None end end
 | Hr b k, _ => match reader_of s r b l with Some c => Some (Hr c k, q, z) | None => None end
 | _, _ => None end.
Fixpoint all_some {A B} (f : A -> option B) (l : list A) : option (list B) := match l with [] => Some [] | x :: t => match f x, all_some f t with Some y, Some q => Some (y :: q) | _, _ => None end end.
Definition hmoved (fd : list positive) (m : mono) : option mono := let r := length fd in match md m with [] => None
 | d :: ds => match pickm (fd ++ d :: ds) r d [] (mf m) with None => None
   | Some (s, a, p, fs) => match all_some (movef s a p r) fs with Some fs => Some (M (mc m) ds (ren (gdrop r r) fs)) | None => None end end end.
Fixpoint first_moved (fd : list positive) (m : mono) (js : list nat) : mono := match js with [] => m | j :: js => match hmoved fd (mvf (length fd) j m) with Some m' => m' | None => first_moved fd m js end end.
Definition move (fuel : nat) (fd : list positive) (m : mono) : list mono := match readers with [] => [m] | _ => let n := length (md m) in
  let m := iter n (fun m => first_moved fd m (seq 0 (length (md m)))) m in if Nat.eqb (length (md m)) n then [m] else expand fuel fd (mc m) (md m) (mf m) [] end.
(* order, merge *)
Definition hcode h := match h with Hd => (0, 1%positive)%nat | Hk d => (1, d)%nat | Hn a => (2, a)%nat | Hr a k => (2 + 2 * Pos.to_nat k, a)%nat | Hq p k => (3 + 2 * Pos.to_nat k, p)%nat end.
Fixpoint lcmp (a b : list nat) : comparison := match a, b with [], [] => Eq | [], _ => Lt | _, [] => Gt
  | x :: a, y :: b => match Nat.compare x y with Eq => lcmp a b | c => c end end.
Definition fcmp (f g : fac) : comparison := let '(h, l, z) := f in let '(h', l', z') := g in
  match Nat.compare (fst (hcode h)) (fst (hcode h')) with Eq => match Pos.compare (snd (hcode h)) (snd (hcode h')) with
   Eq => match lcmp l l' with Eq => Z.compare z z' | c => c end | c => c end | c => c end.
Definition okmerge (D : list positive) (h : hd') (l : list nat) (a b : Z) : bool :=
  ((Z.leb 0 a && Z.leb 0 b) || (Z.leb a 0 && Z.leb b 0)) || match h with Hn n => kn Nonzero n && lab_ok D l (rng n) | Hr n _ => kn Pos n && lab_ok D l (rng n) | Hk d => within gm d 0 | Hq _ _ => true | _ => false end.
Fixpoint ins (D : list positive) (f : fac) (fs : list fac) : list fac := match fs with [] => [f]
 | g :: t => let '(h, l, z) := f in let '(h', l', z') := g in
   if hd_dec h h' then if ln_dec l l' then if okmerge D h l z z' then (h, l, (z + z')%Z) :: t else match fcmp f g with Gt => g :: ins D f t | _ => f :: g :: t end
   else match fcmp f g with Gt => g :: ins D f t | _ => f :: g :: t end else match fcmp f g with Gt => g :: ins D f t | _ => f :: g :: t end end.
Definition sortf (D : list positive) (fs : list fac) : list fac := fold_right (ins D) [] fs.
(* the least of the orders in which indices may be taken *)
Definition swap (D : list positive) (a : id) (l : list nat) (s : id * list nat) : list nat := if Pos.eqb a (fst s) && (forallb (fun x => Nat.ltb x (length l)) (snd s) && lab_ok D l (rng a)) then
  let l' := map (fun x => nth x l 0%nat) (snd s) in match lcmp l' l with Lt => l' | _ => l end else l.
Definition swapf (D : list positive) (f : fac) : fac := match f with (Hn a, l, z) => (Hn a, fold_left (swap D a) swaps l, z) | (Hr a k, l, z) => (Hr a k, fold_left (swap D a) swaps l, z) | f => f end.
Definition sortm (fd : list positive) (m : mono) : mono := mapf (fun fs => clean (sortf (fd ++ md m) (map (swapf (fd ++ md m)) (clean fs)))) m.
Definition simp (fd : list positive) (m : mono) : mono :=
  let r := length fd in let n := length (md m) in
  let m := sortm fd m in let m := iter n (dstep fd) m in let m := mapf (fun fs => iter (2 * length fs) (frot (r + length (md m))) fs) m in
  let m := sortm fd m in let m := iter n (fstep r) m in if clash (r + length (md m)) (mf m) then M 0 [] [] else sortm fd m.
Fixpoint fscmp (a b : list fac) : comparison := match a, b with [], [] => Eq | [], _ => Lt | _, [] => Gt
  | x :: a, y :: b => match fcmp x y with Eq => fscmp a b | c => c end end.
Fixpoint dcmp (a b : list positive) : comparison := match a, b with [], [] => Eq | [], _ => Lt | _, [] => Gt
  | x :: a, y :: b => match Pos.compare x y with Eq => dcmp a b | c => c end end.
Definition mcmp (a b : mono) := match dcmp (md a) (md b) with Eq => fscmp (mf a) (mf b) | c => c end.
(* The canonical order of bound indices, found from the last to the first: each is one for which the monomial is least as far as it is
   known by then. Which ones are tried is no matter of truth: any order is as good. *)
Definition mask (r k n x : nat) : nat := if Nat.ltb x (r + k) then x else if Nat.ltb x (r + n) then (r + k)%nat else x.
Fixpoint place_in {A} (cmp : A -> A -> comparison) (x : A) (l : list A) : list A := match l with [] => [x] | y :: t => match cmp x y with Gt => y :: place_in cmp x t | _ => x :: l end end.
Definition sorted {A} (cmp : A -> A -> comparison) (l : list A) : list A := fold_right (place_in cmp) [] l.
Definition unordered (h : hd') : bool := match h with Hd => true | Hn a | Hr a _ => existsb (fun s => Pos.eqb a (fst s)) swaps | _ => false end.
Definition known_by (r k : nat) (m : mono) : list positive * list fac := (firstn k (md m), sorted fcmp (map (fun f => let '(h, l, z) := f in let l := map (mask r k (length (md m))) l in (h, if unordered h then sorted Nat.compare l else l, z)) (mf m))).
Definition kcmp (a b : list positive * list fac) : comparison := match dcmp (fst a) (fst b) with Eq => fscmp (snd a) (snd b) | c => c end.
Definition same_mono (a b : mono) : bool := (if lp_dec (md a) (md b) then true else false) && (if lf_dec (mf a) (mf b) then true else false).
Definition leasts (l : list ((list positive * list fac) * mono)) := fold_right (fun c acc => match acc with [] => [c] | b :: _ => match kcmp (fst c) (fst b) with Lt => [c] | Gt => acc | Eq => if existsb (fun b => same_mono (snd c) (snd b)) acc then acc else c :: acc end end) [] l.
Fixpoint orders (n k : nat) (fd : list positive) (m : mono) : list mono := match n with O => [m] | S n =>
  flat_map (fun c => orders n (S k) fd (snd c)) (leasts (map (fun j => let c := sortm fd (mvf (length fd) j m) in (known_by (length fd) (S k) c, c)) (seq k (S n)))) end.
Definition canon (fd : list positive) (m : mono) : mono := match orders (length (md m)) 0 fd m with [] => m
 | b :: l => fold_left (fun best c => match mcmp c best with Lt => c | _ => best end) l b end.
Fixpoint addm (m : mono) (p : list mono) : list mono := match p with [] => [m]
 | m' :: t => if lp_dec (md m) (md m') then if lf_dec (mf m) (mf m') then M (Qred (mc m + mc m')) (md m) (mf m) :: t else m' :: addm m t else m' :: addm m t end.
(* a sum over 1..p, for a small number p, written out *)
Definition written_out (r : nat) (m : mono) : list mono := match md m with
 | xO p :: ds => if Pos.leb p 8 then map (fun i => M (mc m) ds (ren (gdrop r (r + S (length ds) + (2 * i + 1))) (mf m))) (seq 0 (Pos.to_nat p)) else [m] | _ => [m] end.
Fixpoint write_out (k r : nat) (m : mono) : list mono := match k with O => [m] | S k => match find (fun j => match nth_error (md m) j with Some (xO p) => Pos.leb p 8 | _ => false end) (seq 0 (length (md m))) with
 | Some j => flat_map (write_out k r) (written_out r (mvf r j m)) | None => [m] end end.
(* the extent of a range that is another's and some more *)
Fixpoint open_extents (k : nat) (m : mono) : list mono := match k with O => [m] | S k =>
  match find (fun f => match f with (Hk d, [], Zpos _) => match shift_of gm d with Some _ => true | None => false end | _ => false end) (mf m) with
  | Some (Hk d, l, z) => match shift_of gm d, l, z with Some (b, y), [], Zpos _ => let rest := remove fac_dec (Hk d, l, z) (mf m) in
      if Nat.eqb (length (mf m)) (S (length rest)) then
      flat_map (open_extents k) [M (mc m) (md m) ((Hk b, [], 1%Z) :: (Hk d, [], Z.pred z) :: rest); M (Qred (mc m * (y # 1))) (md m) ((Hk d, [], Z.pred z) :: rest)] else [m]
    | _, _, _ => [m] end
  | _ => [m] end end.
Variable writes_out : bool.
Definition norm (fuel : nat) (fd : list positive) (p : list mono) : list mono := let q := flat_map (move fuel fd) (flat_map (fun m => expand fuel fd (mc m) (md m) (mf m) []) p) in
  fold_right (fun m acc => addm (canon fd (sortm fd m)) acc) [] (flat_map (fun m => open_extents 9 (simp fd m)) (if writes_out then flat_map (fun m => write_out (length (md m)) (length fd) m) q else q)).
Definition zerop (p : list mono) : bool := forallb (fun m => Qeq_bool (mc m) 0) p.
(* reduction of powers and roots *)
(* the root of a product of powers of what is not negative is the product of the roots' powers *)
Definition under_root (a : id) (f : fac) : bool := match f with (Hn b, l, _) => kn Nonneg b && lab_ok (rng a) l (rng b) | _ => false end.
Definition root_of (w : nat) (k : positive) (l : list nat) (z : Z) (f : fac) : fac := match f with
 | (Hn b, l', z') => (Hr b k, map (sp l w 0) l', (z' * z)%Z) | f => f end.
Definition inside_root (a : id) : option (Q * list fac) := match G a with Some [M c [] fs] => if Z.ltb 0 (Qnum c) && forallb (under_root a) fs then Some (c, fs) else None | _ => None end.
(* the prime factors of a number; those above some size as one *)
Fixpoint divisors (fuel : nat) (d n : Z) : list positive := match fuel with O => [Z.to_pos n] | S fuel => if Z.ltb n (d * d) then [Z.to_pos n] else
  if Z.eqb (Z.modulo n d) 0 then Z.to_pos d :: divisors fuel d (Z.div n d) else divisors fuel (d + 1) n end.
Definition primes (n : positive) : list positive := let l := filter (fun p => negb (Pos.eqb p 1)) (divisors 2000 2 (Zpos n)) in if Pos.eqb (fold_right Pos.mul 1%positive l) n then l else [n].
Definition roots_of (k n : positive) (z : Z) : list fac := map (fun p => (Hq p k, [], z)) (primes n).
Definition root_of_number (k : positive) (c : Q) (z : Z) : list fac := roots_of k (Z.to_pos (Qnum c)) z ++ roots_of k (Qden c) (- z).
(* whole powers of numbers, taken out of powers of their roots *)
Definition whole_power (p : positive) (z : Z) : Q := let q := qpn (Zpos p # 1) (Z.to_nat (Z.abs z)) in if Z.ltb z 0 then Qinv q else q.
Fixpoint numbers (fs : list fac) : Q * list fac := match fs with [] => (1%Q, [])
 | f :: t => let '(c, r) := numbers t in match f with (Hq p k, l, z) => (Qmult (whole_power p (Z.div z (Zpos k))) c, (Hq p k, l, Z.modulo z (Zpos k)) :: r) | _ => (c, f :: r) end end.
Definition has_number (f : fac) : bool := match f with (Hq _ k, _, z) => negb (Z.leb 0 z && Z.ltb z (Zpos k)) | _ => false end.
Definition one_monomial (b : id) : bool := match G b with Some [M _ [] _] | None => true | _ => false end.
Definition is_zero (a : id) : bool := match G a with Some p => zerop p | None => false end.
Definition red1 (D : list positive) (f : fac) : option (list fac) := match f with
 | (Hr a k, l, z) => if negb (lab_ok D l (rng a)) then None else if is_zero a && negb (Z.eqb z 0) then Some [(Hn a, l, 1%Z)] else match inside_root a with Some (c, fs) => Some (root_of_number k c z ++ map (root_of (length D) k l z) fs) | None => if Z.leb (Zpos k) z && kn Nonneg a then Some [(Hr a k, l, (z - Zpos k)%Z); (Hn a, l, 1%Z)]
    else if Z.ltb z 0 && kn Pos a then Some [(Hr a k, l, (z + Zpos k)%Z); (Hn a, l, (-1)%Z)] else None end
 | (Hn a, l, z) => match pwr a with Some (k, b) => if negb (lab_ok D l (rng a)) then None else if Z.leb k z then Some [(Hn a, l, (z - k)%Z); (Hn b, l, 1%Z)]
    else if Z.ltb z 0 && one_monomial b then Some [(Hn a, l, (z + k)%Z); (Hn b, l, (-1)%Z)] else None | None => None end
 | _ => None end.
Definition reds D fs := flat_map (fun f => match red1 D f with Some g => g | None => [f] end) fs.
Definition redm fd m := let '(c, fs) := numbers (reds (fd ++ md m) (mf m)) in M (Qred (mc m * c)) (md m) fs.
Definition reducible fd m := existsb (fun f => has_number f || match red1 (fd ++ md m) f with Some _ => true | None => false end) (mf m).
(* denominators *)
Fixpoint mulf (a : id) (l : list nat) (k : Z) (fs : list fac) : list fac := match fs with [] => [(Hn a, l, k)]
 | (h, l', z) :: t => if hd_dec h (Hn a) then if ln_dec l' l then (h, l', (z + k)%Z) :: t else (h, l', z) :: mulf a l k t else (h, l', z) :: mulf a l k t end.
(* the factors that read no bound index, as of the free ones *)
Definition down (r b x : nat) : nat := if Nat.ltb x r then x else (x - b)%nat.
Definition outside (r : nat) (m : mono) : list fac := let b := length (md m) in ren (down r b) (filter (fun f => let '(_, l, _) := f in forallb (fun x => Nat.ltb x r || Nat.leb (r + b) x) l) (mf m)).
Definition denom fd (f : fac) : bool := match f with (Hn a, l, z) => Z.ltb z 0 && (kn Nonzero a && (lab_ok fd l (rng a) && match G a with Some _ => true | None => false end)) | _ => false end.
Definition finden fd (p : list mono) : option (id * list nat * Z) := match find (denom fd) (flat_map (outside (length fd)) p) with Some (Hn a, l, z) => Some (a, l, (- z)%Z) | _ => None end.
Definition mulm r a l k (m : mono) : mono := mapf (mulf a (map (up r (length (md m))) l) k) m.
(* the terms that sum over d, with that index in front, as of a free index; the others *)
Definition summed (d : positive) (m : mono) : bool := existsb (Pos.eqb d) (md m).
Definition in_front (r : nat) (d : positive) (m : mono) : mono := match find (fun j => match nth_error (md m) j with Some d' => Pos.eqb d d' | None => false end) (seq 0 (length (md m))) with Some j => mvf r j m | None => m end.
Definition unbound (m : mono) : mono := M (mc m) (tl (md m)) (mf m).
Definition starts (d : positive) (m : mono) : bool := match md m with d' :: _ => Pos.eqb d d' | [] => false end.
Definition first_bound (p : list mono) : option positive := match flat_map md p with d :: _ => Some d | [] => None end.
Fixpoint solve (n fuel : nat) (fd : list positive) (p : list mono) : bool := let p := norm fuel fd p in if zerop p then true else match n with O => false | S n =>
  if existsb (reducible fd) p then solve n fuel fd (map (redm fd) p) else match finden fd p with
  | Some (a, l, k) => solve n fuel fd (map (mulm (length fd) a l k) p)
  | None => match first_bound p with None => false | Some d => let inside := map (in_front (length fd) d) (filter (summed d) p) in
     forallb (starts d) inside && (solve n fuel (fd ++ [d]) (map unbound inside) && solve n fuel fd (filter (fun m => negb (summed d m)) p)) end end end.
(* --- semantics --- *)
Variable V : id -> list nat -> R.
Hypothesis Hgeo : fine_geometry dv gm.
Definition hv h idx := match h with Hn a => V a idx | Hd => delta (lk idx 0) (lk idx 1) | Hk d => INR (dv d) | Hr a k => root k (V a idx) | Hq p k => root k (IZR (Zpos p)) end.
Definition fv e (f : fac) : R := let '(h, l, z) := f in pw (hv h (map (lk e) l)) z.
Fixpoint pf (fs : list fac) e : R := match fs with [] => 1 | f :: t => fv e f * pf t e end.
Definition mv m e := Q2R (mc m) * msum (map dv (md m)) (fun l => pf (mf m) (e ++ l)).
Fixpoint pv p e : R := match p with [] => 0 | m :: t => mv m e + pv t e end.
Notation inD D e := (inr (map dv D) e).
Hypothesis Gok : forall a p, G a = Some p -> forall e, inD (rng a) e -> V a e = pv p e.
Hypothesis knok : forall r a, kn r a = true -> forall e, inD (rng a) e -> rv r (V a e).
Hypothesis swok : forall a p, In (a, p) swaps -> forall e, inD (rng a) e -> V a (map (lk e) p) = V a e.
Hypothesis mvok : forall a ss c ls, moved a = Some (ss, c, ls) -> forall e, V a e = V c (further dv ss (map (lk e) ls)).
Hypothesis eqok : forall c, equal_indices c = true -> forall e, V c e = delta (lk e 0) (lk e 1).
Hypothesis pwok : forall a k b, pwr a = Some (k, b) -> (0 < k)%Z /\ forall e, inD (rng a) e -> pw (V a e) k = V b e.
Lemma inr_nth D e x d : inD D e -> nth_error D x = Some d -> (lk e x < dv d)%nat /\ (x < length e)%nat.
Proof. revert e x. induction D as [|d0 D IH]; intros e [|x] H; inversion H; subst; cbn; intro E; try discriminate.
  - injection E as ->. split; [easy|lia].
  - destruct (IH _ _ H4 E). unfold index_at in *. cbn. split; [easy|lia]. Qed.
Lemma inr_len D e : inD D e -> length e = length D.
Proof. intro H. apply Forall2_length in H. now rewrite map_length in H. Qed.
Lemma lab1_ok D e x d : inD D e -> lab1 D x d = true -> (lk e x < dv d)%nat.
Proof. intros H E. unfold lab1 in E. destruct (nth_error D x) as [d'|] eqn:N. { destruct (inr_nth D e x d' H N) as [L _]. apply orb_prop in E as [E|E]. now apply Pos.eqb_eq in E as ->. exact (fits_ok _ _ Hgeo _ _ _ E _ L). }
  apply nth_error_None in N. pose proof (inr_len _ _ H) as L. unfold index_at. rewrite nth_overflow by lia. rewrite L. pose proof (fits_ok _ _ Hgeo _ _ _ E 0%nat) as P. rewrite (number_ok _ _ Hgeo) in P. specialize (P ltac:(cbn; lia)). lia. Qed.
Lemma lab_inr D e ls : forall ra, inD D e -> lab_ok D ls ra = true -> inD ra (map (lk e) ls).
Proof. intros ra H. revert ra. induction ls; destruct ra; cbn; intro E; try discriminate. constructor. apply andb_prop in E as [E1 E2]. constructor. now apply lab1_ok with D. now apply IHls. Qed.
Lemma inr_app D1 D2 e l : inD D1 e -> inD D2 l -> inD (D1 ++ D2) (e ++ l).
Proof. intros. unfold inr. rewrite map_app. now apply Forall2_app. Qed.
Lemma pf_app a b e : pf (a ++ b) e = pf a e * pf b e.
Proof. induction a; cbn. ring. rewrite IHa. ring. Qed.
Lemma pf_ren g fs e e' : (forall x, lk e' x = lk e (g x)) -> pf (ren g fs) e = pf fs e'.
Proof. intro H. induction fs as [|[[h l] z] fs IH]. easy. change (pf (ren g ((h, l, z) :: fs)) e) with (fv e (h, map g l, z) * pf (ren g fs) e).
  cbn [pf]. rewrite IH. f_equal. cbn. do 2 f_equal. rewrite map_map. apply map_ext. intro; now rewrite H. Qed.
Lemma pf_ren_in g fs e e' : (forall x, mentions x fs = true -> lk e' x = lk e (g x)) -> pf (ren g fs) e = pf fs e'.
Proof. induction fs as [|[[h l] z] fs IH]; intro H. easy. change (pf (ren g ((h, l, z) :: fs)) e) with (fv e (h, map g l, z) * pf (ren g fs) e).
  cbn [pf]. rewrite IH. 2:{ intros x Hx. apply H. change (existsb (Nat.eqb x) l || mentions x fs = true). rewrite Hx. apply orb_true_r. }
  f_equal. cbn. do 2 f_equal. rewrite map_map. apply map_ext_in. intros x I.
  symmetry; apply H. cbn. apply orb_true_iff; left. apply existsb_exists. exists x. split; [easy|apply Nat.eqb_refl]. Qed.
Lemma pf_scale k fs e : pf (scale k fs) e = pw (pf fs e) k.
Proof. induction fs as [|[[h l] z] fs IH]. cbn. now rewrite pw_1. change (pf (scale k ((h, l, z) :: fs)) e) with (fv e (h, l, (z * k)%Z) * pf (scale k fs) e).
  cbn [pf]. rewrite IH, pw_mul. cbn. now rewrite pw_pow. Qed.
Lemma pv_app p q e : pv (p ++ q) e = pv p e + pv q e.
Proof. induction p; cbn. ring. rewrite IHp. ring. Qed.
Lemma lk_app_l e l x : (x < length e)%nat -> lk (e ++ l) x = lk e x.
Proof. intro H. unfold index_at. rewrite app_nth1 by easy. now apply nth_indep. Qed.
Lemma lk_app_r e l x : (length e <= x)%nat -> lk (e ++ l) x = lk l (x - length e).
Proof. intro H. unfold index_at. rewrite app_nth2 by easy. do 2 f_equal. rewrite app_length. lia. Qed.
Lemma lk_up e l x : lk (e ++ l) (up (length e) (length l) x) = lk e x.
Proof. unfold up. destruct (Nat.ltb_spec x (length e)). now apply lk_app_l. rewrite lk_app_r by lia. unfold index_at. rewrite !nth_overflow by lia. f_equal. lia. Qed.
Lemma lk_map e ls x : (x < length ls)%nat -> lk (map (lk e) ls) x = lk e (nth x ls 0%nat).
Proof. intro H. unfold index_at at 1. rewrite (nth_indep _ _ (lk e 0)) by now rewrite map_length. apply map_nth. Qed.
Lemma sp_ok ls e l x : lk (map (lk e) ls ++ l) x = lk (e ++ l) (sp ls (length e) (length l) x).
Proof. unfold sp. destruct (Nat.ltb_spec x (length ls)).
  - rewrite lk_app_l by now rewrite map_length. rewrite lk_up. now apply lk_map.
  - rewrite lk_app_r, map_length by now rewrite map_length. rewrite lk_app_r by lia. f_equal. lia. Qed.
Lemma sp_ok_0 ls e x : lk (map (lk e) ls) x = lk e (sp ls (length e) 0 x).
Proof. pose proof (sp_ok ls e [] x) as S. now rewrite !app_nil_r in S. Qed.
Lemma qpn_ok c n : Q2R (qpn c n) = Q2R c ^ n.
Proof. induction n; cbn. unfold Q2R; cbn; field. now rewrite Q2R_mult, IHn. Qed.
Lemma Qred_R c : Q2R (Qred c) = Q2R c. Proof. apply Qeq_eqR, Qred_correct. Qed.
Lemma Q2R_1 : Q2R 1 = 1. Proof. unfold Q2R; cbn; field. Qed.
Lemma Q2R_0 c : Qeq_bool c 0 = true -> Q2R c = 0. Proof. intro H. apply Qeq_bool_eq, Qeq_eqR in H. rewrite H. unfold Q2R; cbn; ring. Qed.

Lemma pv_flat (f : mono -> list mono) p e : pv (flat_map f p) e = fold_right (fun m acc => pv (f m) e + acc) 0 p.
Proof. induction p; cbn. easy. now rewrite pv_app, IHp. Qed.
Lemma mv_ext c c' ds fs fs' e : Q2R c = Q2R c' -> (forall l, inD ds l -> pf fs (e ++ l) = pf fs' (e ++ l)) -> mv (M c ds fs) e = mv (M c' ds fs') e.
Proof. intros E H. unfold mv; cbn. rewrite E. f_equal. now apply msum_ext. Qed.
Lemma expand_ok k : forall fd c ds todo done e, inD fd e -> pv (expand k fd c ds todo done) e = mv (M c ds (todo ++ done)) e.
Proof.
  induction k; intros fd c ds todo done e He; cbn [expand]. cbn; ring.
  destruct todo as [|[[h ls] z] rest]. cbn; ring.
  assert (KEEP : pv (expand k fd c ds rest ((h, ls, z) :: done)) e = mv (M c ds (((h, ls, z) :: rest) ++ done)) e).
  { rewrite IHk by easy. apply mv_ext; [easy|]. intros l Hl. cbn [app pf]. rewrite !pf_app. cbn [pf]. ring. }
  destruct h; try exact KEEP. destruct (G a) as [l0|] eqn:Ga; try exact KEEP.
  destruct (lab_ok (fd ++ ds) ls (rng a)) eqn:B1; try exact KEEP.
  assert (LR : forall l, inD ds l -> V a (map (lk (e ++ l)) ls) = pv l0 (map (lk (e ++ l)) ls)).
  { intros l Hl. apply Gok; [easy|]. eapply lab_inr; [|exact B1]. now apply inr_app. }
  assert (LL : forall l, inD ds l -> length (e ++ l) = (length fd + length ds)%nat).
  { intros l Hl. rewrite app_length, (inr_len _ _ He), (inr_len _ _ Hl). easy. }
  assert (ONE : pv (flat_map (fun m => let b := length (md m) in expand k fd (Qred (c * mc m)) (ds ++ md m) (ren (sp ls (length fd + length ds) b) (mf m) ++ ren (up (length fd + length ds) b) rest) (ren (up (length fd + length ds) b) done)) l0) e =
     mv (M c ds (((Hn a, ls, 1%Z) :: rest) ++ done)) e).
  { rewrite pv_flat. unfold mv. cbn [mc md mf].
    transitivity (Q2R c * msum (map dv ds) (fun l => pv l0 (map (lk (e ++ l)) ls) * pf (rest ++ done) (e ++ l))).
    2:{ f_equal. apply msum_ext. intros l Hl. cbn [app pf fv hv pw]. now rewrite LR. }
    clear LR Ga. induction l0 as [|m p IHp]; cbn [fold_right pv].
    - rewrite (msum_ext _ _ (fun _ => 0)) by (intros; ring). rewrite msum_zero. ring.
    - rewrite IHp, IHk by easy.
      rewrite (msum_ext _ (fun l => (mv m (map (lk (e ++ l)) ls) + pv p (map (lk (e ++ l)) ls)) * pf (rest ++ done) (e ++ l))
        (fun l => mv m (map (lk (e ++ l)) ls) * pf (rest ++ done) (e ++ l) + pv p (map (lk (e ++ l)) ls) * pf (rest ++ done) (e ++ l))) by (intros; ring).
      rewrite msum_plus, Rmult_plus_distr_l. f_equal. unfold mv. cbn [mc md mf]. rewrite Qred_R, Q2R_mult, map_app, msum_app, Rmult_assoc. f_equal.
      rewrite <- msum_scal. apply msum_ext. intros l Hl. rewrite <- msum_scal. rewrite <- msum_scal.
      rewrite Rmult_comm, <- msum_scal.
      apply msum_ext. intros l' Hl'. rewrite app_assoc, !pf_app, <- (LL l Hl), <- (inr_len _ _ Hl').
      rewrite !(pf_ren (up _ _) _ ((e ++ l) ++ l') (e ++ l)) by (intro; symmetry; apply lk_up).
      rewrite (pf_ren _ (mf m) ((e ++ l) ++ l') (map (lk (e ++ l)) ls ++ l')) by apply sp_ok. ring. }
  destruct z as [|[q|q|]|q].
  - rewrite IHk by easy. apply mv_ext; [easy|]. intros l Hl. cbn [app pf fv pw]. ring.
  - rewrite IHk by easy. apply mv_ext; [easy|]. intros l Hl. cbn [app pf fv]. apply pw_succ.
  - rewrite IHk by easy. apply mv_ext; [easy|]. intros l Hl. cbn [app pf fv]. apply pw_succ.
  - exact ONE.
  - destruct l0 as [|[c' [|] fs] [|]]; try exact KEEP. destruct (Qeq_bool c' 0) eqn:C0; try exact KEEP.
    rewrite IHk by easy. unfold mv; cbn [mc md mf]. rewrite Qred_R, Q2R_mult, Rmult_assoc. f_equal. rewrite <- msum_scal. apply msum_ext. intros l Hl.
    cbn [app pf fv hv]. rewrite LR by easy. cbn [pv]. unfold mv; cbn [mc md mf msum map]. rewrite app_nil_r.
    rewrite <- app_assoc, pf_app. rewrite (pf_ren _ (scale _ fs) (e ++ l) (map (lk (e ++ l)) ls)).
    2:{ intro x. rewrite <- (LL l Hl). apply sp_ok_0. }
    rewrite pf_scale, Rplus_0_r, pw_mul. rewrite <- !Rmult_assoc. do 2 f_equal.
    rewrite Q2R_inv, qpn_ok. change (Z.neg q) with (- Z.pos q)%Z. rewrite pw_opp. f_equal. rewrite <- positive_nat_Z. now rewrite pw_nat.
    intro E. apply Qeq_eqR in E. rewrite qpn_ok in E. assert (Q2R c' <> 0) as N. { intro N. replace 0 with (Q2R 0) in N by (unfold Q2R; cbn; ring). apply eqR_Qeq in N. apply Qeq_bool_neq in C0. easy. }
    apply (pow_nonzero _ (Pos.to_nat q)) in N. apply N. rewrite E. unfold Q2R; cbn; ring.
Qed.

Lemma split_nth {A} (l : list A) j d : nth_error l j = Some d -> l = firstn j l ++ d :: skipn (S j) l /\ length (firstn j l) = j.
Proof. revert j. induction l; destruct j; cbn; intro H; try discriminate. injection H as ->. now split.
  destruct (IHl _ H) as [E F]. cbn in E. split; [now rewrite <- E|now rewrite F]. Qed.
Lemma lk_cons_0 i l : lk (i :: l) 0 = i. Proof. reflexivity. Qed.
Lemma lk_cons_S i l x : lk (i :: l) (S x) = lk l x. Proof. reflexivity. Qed.
Lemma mvf_ok fd j m e : inD fd e -> mv (mvf (length fd) j m) e = mv m e.
Proof. intro He. unfold mvf. destruct (nth_error (md m) j) as [d|] eqn:E; [|easy]. destruct m as [c ds fs]. cbn [md mc mf] in *.
  destruct (split_nth _ _ _ E) as [E1 E2]. unfold mv. cbn [md mc mf]. f_equal. rewrite E1 at 3. rewrite (map_app dv (firstn j ds) (d :: _)). cbn [map].
  rewrite msum_front. cbn [msum]. apply bsum_ext. intros i Hi. rewrite <- map_app. rewrite map_length, E2. apply msum_ext. intros l Hl.
  apply pf_ren. intro x. apply inr_len in Hl. apply inr_len in He. rewrite app_length, E2 in Hl. rewrite <- He. unfold gfront.
  destruct (Nat.ltb_spec x (length e)). now rewrite !lk_app_l by lia.
  rewrite !lk_app_r with (e := e) by (destruct (Nat.ltb_spec x (length e + j)); [|destruct (Nat.eqb_spec x (length e + j))]; lia).
  assert (LF : length (firstn j l) = j) by (apply firstn_length_le; lia).
  destruct (Nat.ltb_spec x (length e + j)).
  - rewrite lk_app_l by lia. replace (S x - length e)%nat with (S (x - length e)) by lia. rewrite lk_cons_S.
    rewrite <- (firstn_skipn j l) at 2. now rewrite lk_app_l by lia.
  - rewrite lk_app_r by lia. rewrite LF. destruct (Nat.eqb_spec x (length e + j)).
    + replace (x - length e - j)%nat with 0%nat by lia. now rewrite Nat.sub_diag.
    + replace (x - length e - j)%nat with (S (x - length e - j - 1)) by lia. rewrite lk_cons_S.
      replace (x - length e)%nat with (S (x - length e - 1)) by lia. rewrite lk_cons_S. rewrite <- (firstn_skipn j l) at 2. rewrite lk_app_r by lia. f_equal. lia. Qed.
Lemma delta_pw a b z : (0 < z)%Z -> pw (delta a b) z = delta a b.
Proof. intro H. destruct z; try lia. clear H. rewrite <- positive_nat_Z, pw_nat. unfold delta. destruct (Nat.eqb a b). apply pow1. apply pow_i. lia. Qed.
Lemma pf_revapp a b e : pf (rev_append a b) e = pf a e * pf b e.
Proof. revert b. induction a; cbn; intro b. ring. rewrite IHa. cbn. ring. Qed.
Lemma pickd_ok r fs : forall acc y fs', pickd r acc fs = Some (y, fs') -> y <> r /\ forall e, pf acc e * pf fs e = delta (lk e r) (lk e y) * pf fs' e.
Proof. induction fs as [|[[h l] z] fs IH]; cbn [pickd]; intros acc y fs' H. discriminate.
  assert (K : forall fs', pickd r ((h, l, z) :: acc) fs = Some (y, fs') -> y <> r /\ forall e, pf acc e * pf ((h, l, z) :: fs) e = delta (lk e r) (lk e y) * pf fs' e).
  { intros f' H'. destruct (IH _ _ _ H') as [A B]. split; [easy|]. intro e1. rewrite <- B. cbn [pf]. ring. }
  destruct h; try now apply K. destruct l as [|a [|b [|]]]; try now apply K. destruct (Z.ltb_spec 0 z); try now apply K.
  destruct (Nat.eqb_spec a r); cbn [andb] in H.
  - destruct (Nat.eqb_spec b r); cbn [negb] in H.
    + destruct (Nat.eqb_spec b r); cbn in H; [|easy]. destruct (Nat.eqb_spec a r); cbn in H; [|easy]. now apply K.
    + injection H as <- <-. split; [easy|]. intro e'. subst. rewrite pf_revapp. cbn [pf fv hv map]. rewrite delta_pw by easy. unfold index_at; cbn. ring.
  - destruct (Nat.eqb_spec b r); cbn [andb] in H.
    + destruct (Nat.eqb_spec a r); cbn [negb] in H; [easy|]. injection H as <- <-. split; [easy|]. intro e'. subst. rewrite pf_revapp. cbn [pf fv hv map]. rewrite delta_pw by easy. unfold index_at; cbn. rewrite delta_sym. ring.
    + now apply K. Qed.
Lemma gdrop_ok e r y i l : length e = r -> (y <> r -> i = lk (e ++ i :: l) y) -> forall x, (y = r -> x <> r) -> lk (e ++ i :: l) x = lk (e ++ l) (gdrop r y x).
Proof. intros L Hy x Hx. unfold gdrop. destruct (Nat.ltb_spec x r). now rewrite !lk_app_l by lia.
  destruct (Nat.eqb_spec x r).
  - subst x. rewrite lk_app_r by lia. replace (r - length e)%nat with 0%nat by lia. rewrite lk_cons_0. destruct (Nat.eq_dec y r) as [->|N]; [now destruct Hx|].
    rewrite (Hy N) at 1. destruct (Nat.ltb_spec y r). now rewrite !lk_app_l by lia. rewrite !lk_app_r by lia. replace (y - length e)%nat with (S (pred y - length e)) by lia. apply lk_cons_S.
  - rewrite !lk_app_r by lia. replace (x - length e)%nat with (S (pred x - length e)) by lia. apply lk_cons_S. Qed.
Lemma lab1_drop fd d0 ds y d : y <> length fd -> lab1 (fd ++ d0 :: ds) y d = lab1 (fd ++ ds) (if Nat.ltb y (length fd) then y else pred y) d.
Proof. intro N. unfold lab1. destruct (Nat.ltb_spec y (length fd)). rewrite !nth_error_app1 by easy. destruct (nth_error fd y) eqn:E; [easy|]. apply nth_error_None in E. lia. rewrite !nth_error_app2 by lia. replace (y - length fd)%nat with (S (pred y - length fd)) by lia. cbn [nth_error].
  destruct (nth_error ds _); [easy|]. rewrite !app_length. cbn [length]. f_equal. lia. Qed.
Lemma hdelta_ok fd m e : inD fd e -> mv (hdelta fd m) e = mv m e.
Proof. intro He. unfold hdelta. destruct m as [c [|d ds] fs]; cbn [md mc mf]; [easy|]. destruct (pickd _ _ _) as [[y fs']|] eqn:P; [|easy].
  destruct (lab1 _ y d) eqn:N; [|easy]. destruct (pickd_ok _ _ _ _ _ P) as [Y1 Y2].
  unfold mv; cbn [md mc mf map msum]. f_equal. rewrite <- msum_bsum. apply msum_ext. intros l Hl. pose proof (inr_len _ _ He) as LE.
  set (Y := lk (e ++ 0%nat :: l) y).
  assert (HY : forall i, lk (e ++ i :: l) y = Y). { intro i. unfold Y. destruct (Nat.ltb_spec y (length e)). now rewrite !lk_app_l. rewrite !lk_app_r by easy. replace (y - length e)%nat with (S (y - length e - 1)) by lia. now rewrite !lk_cons_S. }
  assert (RY : (Y < dv d)%nat). { rewrite lab1_drop in N by easy. pose proof (lab1_ok _ (e ++ l) _ _ (inr_app _ _ _ _ He Hl) N) as B. unfold Y. destruct (Nat.ltb_spec y (length fd)). rewrite lk_app_l in B by lia. now rewrite lk_app_l by lia.
    rewrite lk_app_r in B by lia. rewrite lk_app_r by lia. replace (y - length e)%nat with (S (pred y - length e)) by lia. now rewrite lk_cons_S. }
  rewrite (bsum_ext _ _ (fun i => delta i Y * pf fs' (e ++ i :: l))).
  2:{ intros i Hi. specialize (Y2 (e ++ i :: l)). cbn [pf] in Y2. rewrite Rmult_1_l in Y2. rewrite Y2, HY. do 2 f_equal. rewrite lk_app_r by lia. now rewrite LE, Nat.sub_diag. }
  rewrite (bsum_delta_l _ Y (fun i => pf fs' (e ++ i :: l))) by easy. apply pf_ren. intro x. apply gdrop_ok; auto. Qed.
Lemma hfree_ok fd m e : inD fd e -> mv (hfree (length fd) m) e = mv m e.
Proof. intro He. unfold hfree. destruct m as [c [|d ds] fs]; cbn [md mc mf]; [easy|]. destruct (mentions _ _) eqn:E; [easy|]. pose proof (inr_len _ _ He) as LE.
  set (fs' := ren (gdrop (length fd) (length fd)) fs).
  assert (X : mv (M c (d :: ds) fs) e = Q2R c * (INR (dv d) * msum (map dv ds) (fun l => pf fs' (e ++ l)))).
  { unfold mv; cbn [md mc mf map msum]. f_equal. rewrite <- bsum_const. apply bsum_ext. intros i Hi. apply msum_ext. intros l Hl. symmetry. apply pf_ren_in. intros x Hx. apply gdrop_ok; auto; try easy. intros _ ->. congruence. }
  assert (Y : mv (M c ds ((Hk d, [], 1%Z) :: fs')) e = mv (M c (d :: ds) fs) e).
  { rewrite X. unfold mv; cbn [md mc mf map msum]. f_equal. rewrite <- msum_scal. apply msum_ext. intros. reflexivity. }
  destruct d as [p|p|]; try exact Y. rewrite X. unfold mv; cbn [md mc mf]. fold fs'. rewrite Qred_R, Q2R_mult, (number_ok _ _ Hgeo), INR_IZR_INZ, positive_nat_Z. unfold Q2R at 2; cbn [Qnum Qden]. field. Qed.
Lemma moved_delta_ok a s x y : moved_delta a = Some s -> V a [x; y] = delta (place dv s + x) y.
Proof. unfold moved_delta. destruct (moved a) as [[[[|s1 [|s2 [|]]] c] ls]|] eqn:M; try easy. destruct (Nat.eqb_spec s2 here); [subst s2|easy]. destruct (equal_indices c) eqn:Q; [|easy]. destruct (ln_dec ls [0; 1]%nat); [subst ls|easy]. intro H. injection H as <-. now rewrite (mvok _ _ _ _ M), (eqok _ Q). Qed.
Lemma pickm_ok D r d fs : forall acc s a p fs', pickm D r d acc fs = Some (s, a, p, fs') -> (moved_delta a = Some s /\ p <> r /\ exists d', nth_error D p = Some d' /\ fits gm d' s d = true) /\ forall e, pf acc e * pf fs e = delta (place dv s + lk e p) (lk e r) * pf fs' e.
Proof. induction fs as [|f fs IH]; cbn [pickm]; intros acc s a p fs' H; [discriminate|].
  assert (K : pickm D r d (f :: acc) fs = Some (s, a, p, fs') -> (moved_delta a = Some s /\ p <> r /\ exists d', nth_error D p = Some d' /\ fits gm d' s d = true) /\ forall e, pf acc e * pf (f :: fs) e = delta (place dv s + lk e p) (lk e r) * pf fs' e).
  { intro H'. destruct (IH _ _ _ _ _ H') as [A B]. split; [easy|]. intro e1. rewrite <- B. cbn [pf]. ring. }
  destruct f as [[h l] z]. destruct h as [b| | | |]; try now apply K. destruct l as [|x [|y [|]]]; try now apply K. destruct (moved_delta b) as [s'|] eqn:MD; try now apply K. destruct (nth_error D x) as [d'|] eqn:N; try now apply K.
  destruct (Z.ltb_spec 0 z); try now apply K. destruct (Nat.eqb_spec y r); try now apply K. destruct (Nat.eqb_spec x r); try now apply K. destruct (fits gm d' s' d) eqn:F; try now apply K. cbn [andb negb] in H. injection H as <- <- <- <-. split; [now eauto 6|].
  intro e1. rewrite pf_revapp. cbn [pf fv hv map]. rewrite (moved_delta_ok _ _ _ _ MD), delta_pw by easy. subst y. ring. Qed.
Lemma further_map (f g : nat -> nat) l : further dv (map f l) (map g l) = map (fun x => (place dv (f x) + g x)%nat) l.
Proof. induction l; cbn; congruence. Qed.
Lemma reader_of_ok s p r b l c e : reader_of s r b l = Some c -> lk e r = (place dv s + lk e p)%nat -> V b (map (lk e) l) = V c (map (lk e) (map (fun x => if Nat.eqb x r then p else x) l)).
Proof. unfold reader_of. intros H E. apply find_some in H as [_ H]. destruct (moved c) as [[[ss b'] ls]|] eqn:M; [|easy]. apply andb_prop in H as [H1 H]. apply Pos.eqb_eq in H1. subst b'. destruct (ln_dec ls _); [subst ls|easy]. destruct (ln_dec ss _); [subst ss|easy].
  rewrite (mvok _ _ _ _ M). set (e' := map (lk e) (map _ l)). assert (L : map (lk e') (seq 0 (length l)) = e').
  { assert (N : length l = length e') by (unfold e'; now rewrite !map_length). rewrite N. clearbody e'. clear. apply (nth_ext _ _ 0%nat 0%nat). now rewrite map_length, seq_length. intros n Hn. rewrite map_length, seq_length in Hn. rewrite (nth_indep _ _ (lk e' 0)) by now rewrite map_length, seq_length. rewrite map_nth, seq_nth by easy. cbn [plus]. unfold index_at. now apply nth_indep. }
  rewrite L. unfold e'. rewrite map_map, further_map. f_equal. apply map_ext. intro x. destruct (Nat.eqb_spec x r); [now subst|reflexivity]. Qed.
Lemma movef_ok s a p r f g e : movef s a p r f = Some g -> moved_delta a = Some s -> lk e r = (place dv s + lk e p)%nat -> fv e f = fv e g /\ (p <> r -> mentions r [g] = false).
Proof. destruct f as [[h l] z]. unfold movef. cbv zeta. intros H MD E. destruct (existsb (Nat.eqb r) l) eqn:X; cbn [negb] in H. 2:{ injection H as <-. cbn [mentions existsb]. rewrite X. now split. }
  destruct (Nat.eqb_spec p r) as [|NP]; [discriminate|].
  assert (NM : forall h', mentions r [(h', map (fun x => if Nat.eqb x r then p else x) l, z)] = false).
  { intro h'. cbn [mentions existsb]. rewrite orb_false_r. clear -NP. induction l as [|x l IH]; [easy|]. cbn [map existsb]. rewrite IH, orb_false_r. destruct (Nat.eqb_spec x r); apply Nat.eqb_neq; congruence. }
  destruct h as [b| |d|b k|q k]; try discriminate.
  - destruct (reader_of s r b l) as [c|] eqn:R. { injection H as <-. cbn [fv hv]. rewrite (reader_of_ok _ p _ _ _ _ e R E). split; [easy|intros _; apply NM]. }
    destruct (moved_delta b) as [s'|] eqn:MB; [|easy]. destruct l as [|x [|y [|]]]; try easy. destruct (Nat.eqb_spec s s'); [subst s'|easy]. destruct (Nat.eqb_spec y r); [subst y|easy]. destruct (Nat.eqb_spec x r); [easy|]. cbn [andb negb] in H. injection H as <-. cbn [fv hv map]. rewrite (moved_delta_ok _ _ _ _ MB), E. split.
    + f_equal. unfold delta, index_at; cbn [nth]. destruct (Nat.eqb_spec (place dv s + nth x e (place dv (x - length e))) (place dv s + nth p e (place dv (p - length e)))), (Nat.eqb_spec (nth x e (place dv (x - length e))) (nth p e (place dv (p - length e)))); lia || easy.
    + intros _. cbn [mentions existsb]. rewrite !orb_false_r. apply orb_false_iff. split; apply Nat.eqb_neq; congruence.
  - destruct l as [|x [|y [|]]]; try easy. destruct (Nat.eqb_spec x y) as [|N]; [easy|]. injection H as <-. cbn [fv hv map]. rewrite (moved_delta_ok _ _ _ _ MD), <- E. split.
    + f_equal. change (delta (lk e x) (lk e y) = delta (lk e r) (lk e (if Nat.eqb x r then y else x))). destruct (Nat.eqb_spec x r); [now subst|]. destruct (Nat.eqb_spec y r); [subst; apply delta_sym|]. cbn [existsb] in X. apply Nat.eqb_neq in n, n0. rewrite (Nat.eqb_sym r x), (Nat.eqb_sym r y), n, n0 in X. easy.
    + intros _. cbn [mentions existsb]. rewrite !orb_false_r. apply orb_false_iff. split; apply Nat.eqb_neq; [congruence|]. destruct (Nat.eqb_spec x r); congruence.
  - destruct (reader_of s r b l) as [c|] eqn:R; [|easy]. injection H as <-. cbn [fv hv]. rewrite (reader_of_ok _ p _ _ _ _ e R E). split; [easy|intros _; apply NM]. Qed.
Lemma all_moved_ok s a p r fs : forall gs e, all_some (movef s a p r) fs = Some gs -> moved_delta a = Some s -> lk e r = (place dv s + lk e p)%nat -> pf fs e = pf gs e /\ (p <> r -> mentions r gs = false).
Proof. induction fs as [|f fs IH]; cbn [all_some]; intros gs e H MD E. injection H as <-. now split. destruct (movef s a p r f) as [g|] eqn:F; [|easy]. destruct (all_some _ fs) as [q|]; [|easy]. injection H as <-. destruct (movef_ok _ _ _ _ _ _ _ F MD E) as [F1 F2], (IH _ _ eq_refl MD E) as [I1 I2]. cbn [pf]. split; [congruence|]. intro N. specialize (F2 N). specialize (I2 N). cbn [mentions existsb] in F2 |- *. rewrite orb_false_r in F2. rewrite F2. exact I2. Qed.
Lemma hmoved_ok fd m m' e : hmoved fd m = Some m' -> inD fd e -> mv m' e = mv m e.
Proof. intros H He. unfold hmoved in H. destruct m as [c [|d ds] fs]; cbn [md mc mf] in H; [easy|]. destruct (pickm _ _ _ _ _) as [[[[s a] p] fs']|] eqn:P; [|easy]. destruct (all_some _ fs') as [gs|] eqn:SM; [|easy]. injection H as <-. destruct (pickm_ok _ _ _ _ _ _ _ _ _ P) as [(MD & NP & d' & N & FT) Y2].
  unfold mv; cbn [md mc mf map msum]. f_equal. rewrite <- msum_bsum. apply msum_ext. intros l Hl. pose proof (inr_len _ _ He) as LE. set (r := length fd) in *. set (Y := (place dv s + lk (e ++ 0%nat :: l) p)%nat).
  assert (HY : forall i, lk (e ++ i :: l) p = lk (e ++ 0%nat :: l) p). { intro i. destruct (Nat.ltb_spec p (length e)). now rewrite !lk_app_l. rewrite !lk_app_r by easy. replace (p - length e)%nat with (S (p - length e - 1)) by lia. now rewrite !lk_cons_S. }
  assert (HR : forall i, lk (e ++ i :: l) r = i). { intro i. rewrite lk_app_r by lia. rewrite LE. unfold r. now rewrite Nat.sub_diag. }
  assert (RY : (Y < dv d)%nat). { apply (fits_ok _ _ Hgeo _ _ _ FT). unfold r in *. destruct (Nat.ltb_spec p (length fd)).
    - rewrite nth_error_app1 in N by easy. rewrite lk_app_l by lia. apply (inr_nth _ _ _ _ He N).
    - rewrite nth_error_app2 in N by lia. rewrite lk_app_r by lia. rewrite LE. replace (p - length fd)%nat with (S (p - length fd - 1)) in N |- * by lia. cbn [nth_error] in N. rewrite lk_cons_S. apply (inr_nth _ _ _ _ Hl N). }
  rewrite (bsum_ext _ (fun i => pf fs (e ++ i :: l)) (fun i => delta i Y * pf fs' (e ++ i :: l))). 2:{ intros i Hi. specialize (Y2 (e ++ i :: l)). cbn [pf] in Y2. rewrite Rmult_1_l in Y2. rewrite Y2, HY, HR. fold Y. now rewrite delta_sym. }
  rewrite (bsum_delta_l _ Y (fun i => pf fs' (e ++ i :: l))) by easy. destruct (all_moved_ok _ _ _ _ _ _ (e ++ Y :: l) SM MD) as [A1 A2]. now rewrite HR, HY. rewrite A1. apply pf_ren_in. intros x Hx. apply gdrop_ok; [easy|easy|]. intros _ ->. rewrite (A2 NP) in Hx. discriminate. Qed.
Lemma first_moved_ok fd js m e : inD fd e -> mv (first_moved fd m js) e = mv m e.
Proof. intro He. induction js as [|j js IH]; cbn [first_moved]; [easy|]. destruct (hmoved _ _) as [m'|] eqn:H; [|easy]. rewrite (hmoved_ok _ _ _ _ H He). now apply mvf_ok. Qed.
Lemma move_ok fuel fd m e : inD fd e -> pv (move fuel fd m) e = mv m e.
Proof. intro He. unfold move. cbv zeta. destruct readers. cbn [pv]. ring. assert (I : forall n m, mv (iter n (fun m => first_moved fd m (seq 0 (length (md m)))) m) e = mv m e). { induction n as [|n IH]; intro m0; cbn [iter]; [easy|]. now rewrite IH, first_moved_ok. }
  set (m1 := iter _ _ m). rewrite <- (I (length (md m)) m). fold m1. destruct (Nat.eqb _ _). cbn [pv]. ring. rewrite expand_ok by easy. rewrite app_nil_r. now destruct m1. Qed.
Lemma clean_ok fs e : pf (clean fs) e = pf fs e.
Proof. induction fs as [|[[h l] z] fs IH]; [easy|]. cbn [clean pf]. destruct (Z.eqb_spec z 0). subst. rewrite IH. cbn. ring.
  destruct h as [a'| | | |]; cbn [pf]; rewrite ?IH; try easy; destruct l as [|a [|b [|]]]; cbn [pf]; rewrite ?IH; try easy.
  { destruct (Z.ltb_spec 1 z); [|easy]. destruct (moved_delta a') as [s|] eqn:MD; [|easy]. f_equal. cbn [fv hv map]. now rewrite (moved_delta_ok _ _ _ _ MD), !delta_pw by lia. }
  destruct (Z.ltb_spec 0 z); cbn [pf]; rewrite ?IH; try easy.
  destruct (Nat.eqb_spec a b). subst. rewrite IH. cbn [fv hv map]. rewrite delta_pw by easy. cbn. rewrite delta_refl. ring.
  destruct (Nat.ltb_spec a b); cbn [pf fv hv map]; rewrite IH, !delta_pw by easy; cbn; [easy|]. unfold index_at; cbn. now rewrite delta_sym. Qed.
Lemma subst_ok a b e x : lk e a = lk e b -> lk e x = lk e (subst a b x).
Proof. intro E. unfold subst. destruct (Nat.eqb_spec x a); congruence. Qed.
Lemma frot_ok w fs e : pf (frot w fs) e = pf fs e.
Proof. destruct fs as [|[[h l] z] t]; [easy|]. cbn [frot].
  assert (K : pf (t ++ [(h, l, z)]) e = pf ((h, l, z) :: t) e) by (rewrite pf_app; cbn [pf]; ring).
  destruct h; try exact K. destruct l as [|a [|b [|]]]; try exact K. destruct (Z.ltb_spec 0 z); try exact K.
  rewrite pf_app. cbn [pf fv hv map]. rewrite delta_pw by easy. cbn [index_at nth]. unfold delta. change (nth 0 [lk e a; lk e b] 0%nat) with (lk e a). change (nth 1 [lk e a; lk e b] 0%nat) with (lk e b).
  destruct (Nat.eqb_spec (lk e a) (lk e b)); [|ring]. rewrite Rmult_1_r, Rmult_1_l, Rmult_1_r. apply pf_ren. intro x. destruct (Nat.leb _ _); apply subst_ok;
  destruct (Nat.max_spec a b) as [[? ->]|[? ->]], (Nat.min_spec a b) as [[? ->]|[? ->]]; congruence. Qed.
Lemma clash_ok w fs e : length e = w -> clash w fs = true -> pf fs e = 0.
Proof. intro L. unfold clash. induction fs as [|[[h l] z] fs IH]; cbn [existsb]; intro H; [easy|]. cbn [pf]. apply orb_prop in H as [H|H]; [|rewrite IH by easy; ring].
  destruct h; try easy. destruct l as [|x [|y [|]]]; try easy. apply andb_prop in H as [H1 H]. apply andb_prop in H as [H2 H]. apply andb_prop in H as [H3 H]. apply andb_prop in H2 as [H2 O2]. apply andb_prop in H3 as [H3 O3]. apply Z.ltb_lt in H1. apply Nat.leb_le in H2, H3. apply negb_true_iff, Nat.eqb_neq in H.
  assert (N : lk e x <> lk e y) by (unfold index_at; rewrite !nth_overflow, L by lia; apply places_differ; (easy || lia)). cbn [fv hv map]. rewrite delta_pw, delta_neq by easy. ring. Qed.
Lemma iter_ok {A} (f : A -> A) (v : A -> R) : (forall x, v (f x) = v x) -> forall n x, v (iter n f x) = v x.
Proof. intros H n. induction n; cbn; intro x; [easy|]. now rewrite IHn. Qed.
Lemma ins_ok D f fs e : inD D e -> pf (ins D f fs) e = fv e f * pf fs e.
Proof. intro He. destruct f as [[h l] z]. induction fs as [|[[h' l'] z'] fs IH]; [easy|]. cbn [ins].
  assert (K : pf (match fcmp (h, l, z) (h', l', z') with Gt => (h', l', z') :: ins D (h, l, z) fs | _ => (h, l, z) :: (h', l', z') :: fs end) e = fv e (h, l, z) * pf ((h', l', z') :: fs) e).
  { destruct (fcmp _ _); cbn [pf]; rewrite ?IH; ring. }
  destruct (hd_dec h h'); [subst h'|exact K]. destruct (ln_dec l l'); [subst l'|exact K]. destruct (okmerge D h l z z') eqn:O; [|exact K]. clear K.
  cbn [pf fv]. rewrite <- Rmult_assoc. f_equal. unfold okmerge in O. apply orb_prop in O as [O|O]; [apply orb_prop in O as [O|O]; apply andb_prop in O as [O1 O2]; apply Z.leb_le in O1, O2|].
  - now apply pw_addpos. - now apply pw_addneg.
  - apply pw_add0. destruct h; try easy.
    + apply andb_prop in O as [O1 O2]. cbn [hv]. apply (knok Nonzero); [easy|]. eapply lab_inr; eauto.
    + cbn. apply not_0_INR. pose proof (within_ok _ _ Hgeo _ _ O). lia.
    + apply andb_prop in O as [O1 O2]. cbn [hv]. apply Rgt_not_eq, root_pos. apply (knok Pos); [easy|]. eapply lab_inr; eauto.
    + cbn [hv]. apply Rgt_not_eq, root_pos. apply IZR_lt. lia. Qed.
Lemma sortf_ok D fs e : inD D e -> pf (sortf D fs) e = pf fs e.
Proof. intro H. induction fs; cbn [sortf fold_right pf]; [easy|]. rewrite ins_ok by easy. f_equal. exact IHfs. Qed.
Lemma mapf_ok g m e : (forall l, inD (md m) l -> pf (g (mf m)) (e ++ l) = pf (mf m) (e ++ l)) -> mv (mapf g m) e = mv m e.
Proof. intro H. unfold mv; cbn [mapf md mc mf]. f_equal. now apply msum_ext. Qed.
Lemma swap_ok D a e l s : inD D e -> In s swaps -> V a (map (lk e) (swap D a l s)) = V a (map (lk e) l).
Proof. intros He I. unfold swap. destruct (_ && _) eqn:C; [|easy]. apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C3]. apply Pos.eqb_eq in C1. destruct s as [b p]. cbn [fst snd] in *. subst b. cbv zeta. destruct (lcmp _ _); try easy.
  rewrite map_map, <- (swok a p I _ (lab_inr D e l _ He C3)). f_equal. apply map_ext_in. intros x J. rewrite forallb_forall in C2. specialize (C2 x J). apply Nat.ltb_lt in C2. symmetry. now apply lk_map. Qed.
Lemma swaps_ok D a e ss : (forall s, In s ss -> In s swaps) -> inD D e -> forall l, V a (map (lk e) (fold_left (swap D a) ss l)) = V a (map (lk e) l).
Proof. intros H He. induction ss as [|s ss IH]; intro l; cbn [fold_left]; [easy|]. rewrite IH by (intros; apply H; now right). apply swap_ok; [easy|]. apply H. now left. Qed.
Lemma swapf_ok D fs e : inD D e -> pf (map (swapf D) fs) e = pf fs e.
Proof. intro He. induction fs as [|[[h l] z] fs IH]; [easy|]. cbn [map pf]. rewrite IH. f_equal. destruct h; try easy; cbn [swapf fv hv]; now rewrite swaps_ok. Qed.
Lemma sortm_ok fd m e : inD fd e -> mv (sortm fd m) e = mv m e.
Proof. intro H. apply mapf_ok. intros l Hl. rewrite clean_ok, sortf_ok, swapf_ok by now apply inr_app. apply clean_ok. Qed.
Lemma clashed_ok fd m e : inD fd e -> mv (if clash (length fd + length (md m)) (mf m) then M 0 [] [] else sortm fd m) e = mv m e.
Proof. intro H. destruct (clash _ _) eqn:C; [|now apply sortm_ok]. unfold mv; cbn [mc md mf map msum pf]. rewrite (msum_ext _ _ (fun _ => 0)). rewrite msum_zero, Q2R_0 by reflexivity. ring.
  intros l Hl. apply (clash_ok _ _ _) with (2 := C). rewrite app_length, (inr_len _ _ H), (inr_len _ _ Hl). lia. Qed.
Lemma simp_ok fd m e : inD fd e -> mv (simp fd m) e = mv m e.
Proof. intro H. unfold simp. rewrite clashed_ok by easy.
  rewrite (iter_ok (fstep (length fd)) (fun m => mv m e)).
  2:{ intro x. unfold fstep. destruct (find _ _); [|easy]. now rewrite hfree_ok, mvf_ok. }
  rewrite sortm_ok by easy. rewrite mapf_ok. 2:{ intros l Hl. apply (iter_ok (frot _) (fun fs => pf fs (e ++ l))). intro; apply frot_ok. }
  rewrite (iter_ok (dstep fd) (fun m => mv m e)). now apply sortm_ok.
  intro x. unfold dstep. destruct (firstd _ _ _); [|easy]. rewrite mapf_ok by (intros; apply clean_ok). now rewrite hdelta_ok, mvf_ok. Qed.
Lemma leasts_in l c : In c (leasts l) -> In c l.
Proof. induction l as [|b l IH]; cbn [leasts fold_right]; [easy|]. fold (leasts l). destruct (leasts l) as [|b' t]; [now intros [<-|[]]; left|]. destruct (kcmp _ _); [destruct (existsb _ _)|..]; intro I; try (right; now apply IH); destruct I as [<-|I]; try (now left); try (right; now apply IH); destruct I. Qed.
Lemma orders_ok fd e n : inD fd e -> forall k m c, In c (orders n k fd m) -> mv c e = mv m e.
Proof. intro H. induction n; intros k m c I; cbn [orders] in I. destruct I as [<-|[]]; easy. apply in_flat_map in I as (b & J & I). rewrite (IHn _ _ _ I). apply leasts_in in J. apply in_map_iff in J as (j & <- & _). cbn [snd]. now rewrite sortm_ok, mvf_ok. Qed.
Lemma canon_ok fd m e : inD fd e -> mv (canon fd m) e = mv m e.
Proof. intro H. unfold canon. pose proof (orders_ok fd e (length (md m)) H 0 m) as O. destruct (orders _ _ _ _) as [|b l]; [easy|].
  assert (K : forall l b, mv b e = mv m e -> (forall c, In c l -> mv c e = mv m e) -> mv (fold_left (fun best c => match mcmp c best with Lt => c | _ => best end) l b) e = mv m e).
  { clear. induction l as [|c l IH]; cbn [fold_left]; intros b B L; [easy|]. apply IH; [destruct (mcmp _ _); try easy; apply L; now left|intros; apply L; now right]. }
  apply K; [apply O; now left|intros; apply O; now right]. Qed.
Lemma addm_ok m p e : pv (addm m p) e = mv m e + pv p e.
Proof. induction p as [|m' p IH]; cbn [addm pv]; [easy|]. destruct (lp_dec _ _); [destruct (lf_dec _ _)|]; cbn [pv]; rewrite ?IH; try ring.
  unfold mv; cbn [mc md mf]. rewrite Qred_R, Q2R_plus. rewrite <- e0, <- e1. ring. Qed.
Lemma written_out_ok fd m e : inD fd e -> pv (written_out (length fd) m) e = mv m e.
Proof. intro He. unfold written_out. destruct m as [c ds fs]; cbn [mc md mf]. assert (K : pv [M c ds fs] e = mv (M c ds fs) e) by (cbn [pv]; ring). destruct ds as [|[d|d|] ds]; try exact K. destruct (Pos.leb d 8); [|exact K]. clear K.
  assert (GG : forall n, pv (map (fun i => M c ds (ren (gdrop (length fd) (length fd + S (length ds) + (2 * i + 1))) fs)) (seq 0 n)) e = Q2R c * bsum n (fun i => msum (map dv ds) (fun l => pf fs (e ++ i :: l)))).
  { induction n as [|n IH]. cbn. ring. rewrite seq_S, map_app, pv_app, IH. cbn [Nat.add map pv bsum]. unfold mv; cbn [mc md mf]. rewrite Rmult_plus_distr_l, Rplus_0_r. f_equal. f_equal. apply msum_ext. intros l Hl.
    apply pf_ren. intro x. pose proof (inr_len _ _ He) as LE. pose proof (inr_len _ _ Hl) as LL. apply gdrop_ok; [easy| |]; [|intros E; exfalso; lia].
    intros _. rewrite lk_app_r by lia. unfold index_at. rewrite nth_overflow by (cbn [length]; lia). rewrite <- (place_number dv n) at 1. f_equal. cbn [length]. lia. }
  rewrite GG. unfold mv; cbn [mc md mf map msum]. now rewrite (number_ok _ _ Hgeo). Qed.
Lemma write_out_ok k fd : forall m e, inD fd e -> pv (write_out k (length fd) m) e = mv m e.
Proof. induction k; intros m e He; cbn [write_out]. cbn; ring. destruct (find _ _) as [j|]; [|cbn; ring]. rewrite <- (mvf_ok fd j m e He), <- (written_out_ok fd (mvf (length fd) j m) e He). generalize (written_out (length fd) (mvf (length fd) j m)). intro q.
  rewrite pv_flat. induction q as [|x q IHq]; cbn [fold_right pv]; [easy|]. now rewrite IHq, IHk. Qed.
Lemma remove_ok f e : forall fs, length fs = S (length (remove fac_dec f fs)) -> pf fs e = fv e f * pf (remove fac_dec f fs) e.
Proof. assert (L : forall fs, (length (remove fac_dec f fs) <= length fs)%nat) by (induction fs; cbn; [lia|destruct (fac_dec f a); cbn; lia]).
  assert (E : forall fs, length fs = length (remove fac_dec f fs) -> remove fac_dec f fs = fs). { induction fs as [|a fs IH]; cbn; [easy|]. destruct (fac_dec f a); cbn; intro H. pose proof (L fs). lia. f_equal. apply IH. lia. }
  induction fs as [|a fs IH]; cbn [remove length]; intro H; [discriminate|]. destruct (fac_dec f a) as [<-|N]. rewrite E by lia. reflexivity. cbn [length pf] in *. rewrite IH by lia. ring. Qed.
Lemma open_extents_ok k e : forall m, pv (open_extents k m) e = mv m e.
Proof. induction k; intro m; cbn [open_extents]. cbn; ring. destruct (find _ _) as [[[h l] z]|] eqn:F; [|cbn; ring]. destruct h; try (cbn; ring). destruct (shift_of gm d) as [[b y]|] eqn:S; [|cbn; ring]. destruct l; [|cbn; ring]. destruct z as [|q|]; try (cbn; ring).
  cbv zeta. destruct (Nat.eqb_spec (length (mf m)) (Datatypes.S (length (remove fac_dec (Hk d, [], Z.pos q) (mf m))))) as [L|]; [|cbn; ring]. set (rest := remove fac_dec _ _) in *.
  rewrite pv_flat. cbn [fold_right]. rewrite !IHk. unfold mv; cbn [mc md mf]. rewrite Qred_R, Q2R_mult, Rplus_0_r. assert (Y : Q2R (y # 1) = IZR y) by (unfold Q2R; cbn; field). rewrite Y.
  rewrite Rmult_assoc, <- Rmult_plus_distr_l, <- msum_scal, <- msum_plus. f_equal. apply msum_ext. intros i Hi. rewrite (remove_ok _ _ _ L). fold rest. cbn [pf fv hv map]. rewrite (shift_ok _ _ Hgeo _ _ _ S).
  set (v := INR (dv b) + IZR y). replace (pw v (Z.pos q)) with (v * pw v (Z.pred (Z.pos q))). unfold v. cbn [pw]. ring. change v with (pw v 1) at 1. rewrite <- pw_addpos by lia. f_equal. lia. Qed.
Lemma norm_ok fuel fd p e : inD fd e -> pv (norm fuel fd p) e = pv p e.
Proof. intro H. unfold norm. cbv zeta. set (q0 := flat_map (move _ _) _). assert (E0 : pv q0 e = pv p e).
  { unfold q0. transitivity (pv (flat_map (fun m => expand fuel fd (mc m) (md m) (mf m) []) p) e). { rewrite pv_flat. generalize (flat_map (fun m => expand fuel fd (mc m) (md m) (mf m) []) p). induction l as [|m l IH]; cbn [fold_right pv]; [easy|]. now rewrite IH, move_ok. }
    rewrite pv_flat. induction p as [|m p IH]; cbn [fold_right pv]; [easy|]. rewrite IH, expand_ok by easy. rewrite app_nil_r. now destruct m. }
  rewrite <- E0. clearbody q0. set (q := if writes_out then _ else q0). transitivity (pv q e).
  - transitivity (pv (flat_map (fun m => open_extents 9 (simp fd m)) q) e).
    + generalize (flat_map (fun m => open_extents 9 (simp fd m)) q). intro q1. induction q1 as [|m q1 IH]; cbn [fold_right pv]; [easy|]. now rewrite addm_ok, IH, canon_ok, sortm_ok.
    + rewrite pv_flat. induction q as [|m q IH]; cbn [fold_right pv]; [easy|]. now rewrite IH, open_extents_ok, simp_ok.
  - unfold q. destruct writes_out; [|easy]. rewrite pv_flat. clear E0 q. induction q0 as [|m q0 IH]; cbn [fold_right pv]; [easy|]. now rewrite IH, write_out_ok. Qed.
Lemma zerop_ok p e : zerop p = true -> pv p e = 0.
Proof. induction p as [|m p IH]; cbn; [easy|]. intro H. apply andb_prop in H as [A B]. rewrite IH by easy. unfold mv. rewrite (Q2R_0 _ A). ring. Qed.
Lemma inside_root_ok a c fs : inside_root a = Some (c, fs) -> 0 < Q2R c /\ forallb (under_root a) fs = true /\ forall e, inD (rng a) e -> V a e = Q2R c * pf fs e.
Proof. unfold inside_root. destruct (G a) as [[|[c0 [|] fs0] [|]]|] eqn:E; try easy. destruct (Z.ltb 0 (Qnum c0) && _) eqn:F; [|easy]. apply andb_prop in F as [F1 F2]. apply Z.ltb_lt in F1. intro H. injection H as <- <-. split; [|split; [easy|]].
  unfold Q2R. apply Rmult_lt_0_compat; [now apply IZR_lt|]. apply Rinv_0_lt_compat. now apply IZR_lt.
  intros e He. rewrite (Gok _ _ E e He). unfold pv, mv; cbn [mc md mf map msum]. rewrite app_nil_r. ring. Qed.
Lemma primes_ok n : fold_right Pos.mul 1%positive (primes n) = n.
Proof. unfold primes. cbv zeta. destruct (Pos.eqb_spec (fold_right Pos.mul 1%positive (filter (fun p => negb (Pos.eqb p 1)) (divisors 2000 2 (Zpos n)))) n); [easy|]. cbn. now rewrite Pos.mul_1_r. Qed.
Lemma roots_of_ok k n z e : pf (roots_of k n z) e = pw (root k (IZR (Zpos n))) z.
Proof. unfold roots_of. rewrite <- (primes_ok n) at 2. induction (primes n) as [|p l IH]; cbn [map pf fold_right]. now rewrite root_1, pw_1. rewrite IH. cbn [fv hv]. rewrite Pos2Z.inj_mul, mult_IZR, root_times, pw_mul by (apply IZR_le; lia). reflexivity. Qed.
Lemma root_of_number_ok k c z e : 0 < Q2R c -> pf (root_of_number k c z) e = pw (root k (Q2R c)) z.
Proof. intro P. assert (N : (0 < Qnum c)%Z). { unfold Q2R in P. apply lt_IZR. assert (0 < / IZR (Zpos (Qden c))) by (apply Rinv_0_lt_compat, IZR_lt; lia). destruct (Rlt_dec 0 (IZR (Qnum c))); [easy|]. assert (IZR (Qnum c) * / IZR (Zpos (Qden c)) <= 0 * / IZR (Zpos (Qden c))) by (apply Rmult_le_compat_r; lra). lra. }
  unfold root_of_number. rewrite pf_app, !roots_of_ok, Z2Pos.id by easy. unfold Q2R. assert (I : / IZR (Zpos (Qden c)) = pw (IZR (Zpos (Qden c))) (-1)) by reflexivity. rewrite I. rewrite root_times, root_pw, pw_mul.
  { rewrite pw_pow. replace (-1 * z)%Z with (- z)%Z by lia. reflexivity. } all: try (apply IZR_le; lia). apply Rlt_le. cbn. apply Rinv_0_lt_compat, IZR_lt; lia. Qed.
Lemma whole_power_ok p z : Q2R (whole_power p z) = pw (IZR (Zpos p)) z.
Proof. assert (E : Q2R (Zpos p # 1) = IZR (Zpos p)) by (unfold Q2R; cbn; field). assert (N : forall n, Q2R (qpn (Zpos p # 1) n) = IZR (Zpos p) ^ n) by (intro n; now rewrite qpn_ok, E). unfold whole_power. cbv zeta. destruct (Z.ltb_spec z 0).
  - rewrite Q2R_inv, N. replace z with (- Z.abs z)%Z at 2 by lia. rewrite pw_opp. f_equal. rewrite <- (Z2Nat.id (Z.abs z)) at 2 by lia. now rewrite pw_nat.
    intro Q. apply Qeq_eqR in Q. rewrite N in Q. replace (Q2R 0) with 0 in Q by (unfold Q2R; cbn; ring). revert Q. apply pow_nonzero. apply not_0_IZR. lia.
  - rewrite N. rewrite <- (Z2Nat.id z) at 2 by lia. rewrite pw_nat. f_equal. lia. Qed.
Lemma numbers_ok fs e : pf fs e = Q2R (fst (numbers fs)) * pf (snd (numbers fs)) e.
Proof. induction fs as [|f fs IH]; cbn [numbers pf]. cbn. rewrite Q2R_1. ring. destruct (numbers fs) as [c r]. cbn [fst snd] in IH. destruct f as [[h l] z]. destruct h as [a| |d|a k|p k]; cbn [fst snd pf]; try (rewrite IH; ring). rewrite Q2R_mult, IH, whole_power_ok. cbn [fv hv].
  set (x := IZR (Zpos p)). assert (P : 0 < x) by (unfold x; apply IZR_lt; lia). assert (R : x = pw (root k x) (Zpos k)) by (change (root 1 x = pw (root (1 * k) x) (Zpos k)); apply root_mul; right; right; lra).
  assert (M : pw (root k x) z = pw x (z / Zpos k) * pw (root k x) (z mod Zpos k)). { rewrite R at 2. rewrite pw_pow, <- pw_add0 by now apply Rgt_not_eq, root_pos. f_equal. apply Z.div_mod. lia. }
  rewrite M. ring. Qed.
Lemma root_of_ok D e a k l z fs : inD D e -> lab_ok D l (rng a) = true -> forallb (under_root a) fs = true -> 0 <= pf fs (map (lk e) l) /\ pf (map (root_of (length D) k l z) fs) e = pw (root k (pf fs (map (lk e) l))) z.
Proof. intros He L. pose proof (lab_inr D e l (rng a) He L) as B. set (x := map (lk e) l) in *. induction fs as [|f fs IH]; cbn [forallb map pf]; intro H. split. lra. now rewrite root_1, pw_1.
  apply andb_prop in H as [H1 H2]. destruct (IH H2) as [N IH2]. destruct f as [[h l'] z']. destruct h as [b| | | |]; try discriminate H1. cbn [under_root] in H1. apply andb_prop in H1 as [K1 K2].
  pose proof (lab_inr (rng a) x l' (rng b) B K2) as C. pose proof (knok _ _ K1 _ C) as P. cbn [rv] in P. cbn [root_of fv hv].
  assert (X : map (lk e) (map (sp l (length D) 0) l') = map (lk x) l'). { rewrite map_map. apply map_ext. intro y. rewrite <- (inr_len _ _ He). symmetry. apply sp_ok_0. }
  rewrite X, IH2. set (v := V b (map (lk x) l')) in *. pose proof (pw_nn v z' P) as P2. split. now apply Rmult_le_pos. rewrite root_times, pw_mul, root_pw by easy. f_equal. symmetry. apply pw_pow. Qed.
Lemma red1_ok D f g e : red1 D f = Some g -> inD D e -> pf g e = fv e f.
Proof. destruct f as [[h l] z]. unfold red1. intros H He. destruct h as [a| |d|a k|p k]; try discriminate.
  - destruct (pwr a) as [[k b]|] eqn:P; [|easy]. destruct (lab_ok D l (rng a)) eqn:L; [|easy]. cbn [negb] in H. destruct (pwok _ _ _ P) as [K E]. pose proof (lab_inr D e l (rng a) He L) as B. set (v := V a (map (lk e) l)).
    destruct (Z.leb_spec k z); [|destruct (Z.ltb_spec z 0); [|easy]; destruct (one_monomial b); [|easy]]; injection H as <-; cbn [pf fv hv pw]; rewrite <- E by easy; fold v; rewrite <- Rmult_assoc, Rmult_1_r.
    + rewrite <- pw_addpos by lia. f_equal. lia.
    + rewrite <- pw_opp. destruct (Req_dec v 0) as [->|N]. rewrite (pw_0 (- k)), (pw_0 z) by lia. ring. rewrite <- pw_add0 by easy. f_equal. lia.
  - destruct (lab_ok D l (rng a)) eqn:L; [|easy]. cbn [negb] in H. pose proof (lab_inr D e l (rng a) He L) as B. set (v := V a (map (lk e) l)).
    destruct (is_zero a && negb (Z.eqb z 0)) eqn:Z0.
    { apply andb_prop in Z0 as [Z0 Z1]. injection H as <-. unfold is_zero in Z0. destruct (G a) as [p|] eqn:E; [|discriminate]. cbn [pf fv hv pw]. fold v. assert (W : v = 0) by (unfold v; now rewrite (Gok _ _ E), zerop_ok). rewrite W, root_at_0, pw_0. ring. intros ->. discriminate Z1. }
    destruct (inside_root a) as [[c fs]|] eqn:I.
    { injection H as <-. destruct (inside_root_ok _ _ _ I) as (P & U & W). destruct (root_of_ok D e a k l z fs He L U) as [N R]. rewrite pf_app, root_of_number_ok, R, <- pw_mul, <- root_times, <- W by (easy || lra). reflexivity. }
    destruct (Z.leb (Zpos k) z && kn Nonneg a) eqn:C.
    + apply andb_prop in C as [C1 C2]. apply Z.leb_le in C1. injection H as <-. pose proof (knok _ _ C2 _ B) as N. cbn in N. fold v in N. cbn [pf fv hv pw]. fold v.
      assert (E : v = pw (root k v) (Zpos k)) by (change (root 1 v = pw (root (1 * k) v) (Zpos k)); apply root_mul; now right; right). rewrite E at 2. rewrite Rmult_1_r, <- pw_addpos by lia. f_equal. lia.
    + destruct (Z.ltb z 0 && kn Pos a) eqn:C'; [|easy]. apply andb_prop in C' as [C1 C2]. injection H as <-. pose proof (knok _ _ C2 _ B) as N. cbn in N. fold v in N. cbn [pf fv hv]. fold v.
      assert (E : pw v (-1) = pw (root k v) (- Zpos k)). { rewrite pw_opp. change (/ root 1 v = / pw (root (1 * k) v) (Zpos k)). f_equal. apply root_mul. right; right; lra. }
      rewrite E. rewrite Rmult_1_r, <- pw_add0 by now apply Rgt_not_eq, root_pos. f_equal. lia. Qed.
Lemma reds_ok D fs e : inD D e -> pf (reds D fs) e = pf fs e.
Proof. intro He. unfold reds. induction fs as [|f fs IH]; [easy|]. cbn [flat_map pf]. rewrite pf_app, IH. f_equal. destruct (red1 D f) as [g|] eqn:E. now apply (red1_ok D). cbn. ring. Qed.
Lemma redm_ok fd m e : inD fd e -> mv (redm fd m) e = mv m e.
Proof. intro He. unfold redm. pose proof (fun l => numbers_ok (reds (fd ++ md m) (mf m)) (e ++ l)) as N. destruct (numbers _) as [c fs]. cbn [fst snd] in N. unfold mv; cbn [mc md mf]. rewrite Qred_R, Q2R_mult. rewrite Rmult_assoc, <- msum_scal. f_equal. apply msum_ext. intros l Hl. rewrite <- N. apply reds_ok. now apply inr_app. Qed.
Lemma mulf_ok a l k fs e : V a (map (lk e) l) <> 0 -> pf (mulf a l k fs) e = pw (V a (map (lk e) l)) k * pf fs e.
Proof. intro N. induction fs as [|[[h l'] z] fs IH]; cbn [mulf]. easy.
  assert (K : pf ((h, l', z) :: mulf a l k fs) e = pw (V a (map (lk e) l)) k * pf ((h, l', z) :: fs) e) by (cbn [pf]; rewrite IH; ring).
  destruct (hd_dec h (Hn a)); [subst h|exact K]. destruct (ln_dec l' l); [subst l'|exact K]. cbn [pf fv hv]. rewrite pw_add0 by easy. ring. Qed.
Lemma mulm_ok a l k m e : V a (map (lk e) l) <> 0 -> mv (mulm (length e) a l k m) e = pw (V a (map (lk e) l)) k * mv m e.
Proof. intro N. unfold mulm, mv; cbn [mapf md mc mf].
  rewrite (msum_ext _ _ (fun k0 => pw (V a (map (lk e) l)) k * pf (mf m) (e ++ k0))). rewrite msum_scal. ring.
  intros k0 Hk. assert (E : map (lk (e ++ k0)) (map (up (length e) (length (md m))) l) = map (lk e) l) by (rewrite map_map, <- (inr_len _ _ Hk); apply map_ext; intro; apply lk_up).
  rewrite mulf_ok; rewrite E; easy. Qed.
Lemma pv_map (g : mono -> mono) c p e : (forall m, mv (g m) e = c * mv m e) -> pv (map g p) e = c * pv p e.
Proof. intro H. induction p; cbn [map pv]. ring. rewrite H, IHp. ring. Qed.
Lemma split_ok (g : mono -> bool) p e : pv p e = pv (filter g p) e + pv (filter (fun m => negb (g m)) p) e.
Proof. induction p as [|m p IH]; cbn [filter pv]. ring. rewrite IH. destruct (g m); cbn [negb pv]; ring. Qed.
Lemma in_front_ok fd d m e : inD fd e -> mv (in_front (length fd) d m) e = mv m e.
Proof. intro He. unfold in_front. destruct (find _ _); [|easy]. now apply mvf_ok. Qed.
Lemma unbound_ok d p e : forallb (starts d) p = true -> pv p e = bsum (dv d) (fun i => pv (map unbound p) (e ++ [i])).
Proof. induction p as [|[c ds fs] p IH]; cbn [forallb map pv]; intro H. now rewrite bsum_zero. apply andb_prop in H as [H1 H2]. rewrite bsum_plus, IH by easy. f_equal. unfold starts in H1. destruct ds as [|d' ds]; [easy|]. cbn [md] in H1. apply Pos.eqb_eq in H1. subst d'.
  unfold unbound, mv; cbn [mc md mf map tl msum]. rewrite bsum_scal_l. f_equal. apply bsum_ext. intros i Hi. apply msum_ext. intros l Hl. now rewrite <- app_assoc. Qed.
Theorem solve_ok n : forall fuel fd p e, solve n fuel fd p = true -> inD fd e -> pv p e = 0.
Proof. induction n; intros fuel fd p e H He; cbn [solve] in H; rewrite <- (norm_ok fuel fd p e He); set (q := norm fuel fd p) in *; clearbody q; clear p; destruct (zerop q) eqn:Z; try now apply zerop_ok.
  destruct (existsb (reducible fd) q).
  - pose proof (IHn _ _ _ e H He) as E. rewrite (pv_map (redm fd) 1) in E. lra. intro m. rewrite redm_ok by easy. ring.
  - destruct (finden fd q) as [[[a l] k]|] eqn:F.
    + unfold finden in F. destruct (find _ _) as [[[h l'] z]|] eqn:F2; [|easy]. destruct h; try easy. injection F as -> -> <-.
      apply find_some in F2 as [_ D]. cbn in D. apply andb_prop in D as [_ D]. apply andb_prop in D as [D1 D]. apply andb_prop in D as [D2 _].
      pose proof (lab_inr fd e l (rng a) He D2) as B. pose proof (knok _ _ D1 _ B) as N. cbn in N. pose proof (IHn _ _ _ e H He) as E.
      rewrite (pv_map _ (pw (V a (map (lk e) l)) (- z))) in E. apply Rmult_integral in E as [E|E]; [|easy]. now apply pw_ne0 in E. intro m. rewrite <- (inr_len _ _ He). now apply mulm_ok.
    + destruct (first_bound q) as [d|]; [|easy]. cbv zeta in H. apply andb_prop in H as [H1 H]. apply andb_prop in H as [H2 H3]. rewrite (split_ok (summed d)), (IHn _ _ _ e H3 He), Rplus_0_r.
      transitivity (pv (map (in_front (length fd) d) (filter (summed d) q)) e). { symmetry. rewrite (pv_map _ 1). ring. intro m. rewrite in_front_ok by easy. ring. }
      rewrite (unbound_ok d) by easy. rewrite (bsum_ext _ _ (fun _ => 0)). apply bsum_zero. intros i Hi. apply (IHn _ _ _ _ H2). apply inr_app; [easy|]. constructor; [easy|constructor]. Qed.
End RING.
(* the polynomial of a node, one level deep, is its value *)
Section NP.
Variable dv : positive -> nat. Notation lk := (index_at dv). Variable F : positive -> list R -> R. Variable arr : positive -> list nat -> R. Variable V : id -> list nat -> R.
Lemma rpoly_ok den d n a h z : rpoly den d n a = Some (h, z) -> forall idx, pw (hv dv V h idx) z = pw (root d (V a idx)) n.
Proof. unfold rpoly. cbv zeta. generalize (Z.to_pos (Zpos den / Zpos d)). intros k H idx. destruct (Pos.eqb_spec d 1) as [|N]; [easy|]. destruct (Pos.eqb_spec den (d * k)) as [->|]; [|easy].
  injection H as <- <-. cbn [hv]. rewrite (root_mul d k) by now left. now rewrite pw_pow. Qed.
Lemma ppoly_ok den q a h z : ppoly den q a = Some (h, z) -> forall idx, pw (hv dv V h idx) z = qpow (V a idx) q.
Proof. unfold ppoly, qpow. destruct (Qden q) as [d|d|]; intro H; try (now apply rpoly_ok with den). injection H as <- <-. reflexivity. Qed.
Lemma npoly_ok den n p : npoly den n = Some p -> forall e, ev dv F arr V n e = pv dv V p e.
Proof. destruct n as [o r b a]. unfold npoly, ev; cbn [no nb na nr]. intros H e.
  assert (SUM : msum (map dv b) (fun l => sm (map (fun al => V (fst al) (map (lk (e ++ l)) (snd al))) a)) = pv dv V (map (fun al => M 1 b [(Hn (fst al), snd al, 1%Z)]) a) e).
  { clear H. induction a as [|al a IH]. cbn. apply msum_zero. cbn [map pv]. rewrite <- IH. unfold mv; cbn [mc md mf pf fv hv pw]. rewrite Q2R_1, Rmult_1_l, <- msum_plus. apply msum_ext. intros l _. rewrite sm_cons. ring. }
  destruct o; try discriminate.
  - injection H as <-. unfold pv, mv; cbn. rewrite qvR. ring.
  - injection H as <-. unfold pv, mv; cbn. rewrite Q2R_1, app_nil_r. ring.
  - injection H as <-. unfold pv, mv; cbn. rewrite Q2R_1. ring.
  - injection H as <-. exact SUM.
  - injection H as <-. unfold pv, mv; cbn [mc md mf opv]. rewrite Q2R_1, Rmult_1_l, Rplus_0_r. apply msum_ext. intros l _. clear SUM. induction a as [|al a IH]; [easy|]. cbn [map pf]. rewrite pr_cons, IH. reflexivity.
  - injection H as <-. exact SUM.
  - destruct a as [|al [|]]; try discriminate. destruct (ppoly den q (fst al)) as [[h z]|] eqn:P; [|easy]. injection H as <-. unfold pv, mv; cbn [mc md mf opv pf fv map hd]. rewrite Q2R_1, Rmult_1_l, Rplus_0_r. apply msum_ext. intros l _. rewrite (ppoly_ok _ _ _ _ _ P). ring. Qed.
End NP.
