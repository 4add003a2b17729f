(* Claims about nodes, steps, the checker, and its soundness. A claim is NEAR (true) or AT (false): `regs` are hypotheses that hold in a
   region that is open in the directions `vars`, `hyps` hold at the point only. *)
From Coq Require Import Reals Lra Lia Arith PArith List FMapPositive ZArith QArith Qreals Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Wengert Require Import Sums Functions Rules Ring Extrema.
Import ListNotations.
Open Scope R_scope.
Definition arrs := positive -> list nat -> R.
Fixpoint updi (l p : list nat) (t old : R) : R := match l, p with
 | [], [] => t | x :: l, y :: p => if Nat.eqb x y then updi l p t old else old | _, _ => old end.
Definition updl (A : arrs) (s : positive) (p : list nat) (t : R) : arrs := fun a l => if Pos.eqb a s then updi l p t (A a l) else A a l.
Lemma updi_same l : forall p (F : list nat -> R), updi l p (F p) (F l) = F l.
Proof. induction l; destruct p; cbn; intro F; try easy. destruct (Nat.eqb_spec a n); [subst|easy]. apply (IHl p (fun l => F (n :: l))). Qed.
Lemma updl_id A s p : updl A s p (A s p) = A.
Proof. apply functional_extensionality; intro a. apply functional_extensionality; intro l. unfold updl. destruct (Pos.eqb_spec a s); [subst; apply updi_same|easy]. Qed.
Lemma un_dec : forall x y : un, {x = y} + {x <> y}. Proof. decide equality. Defined.
Lemma bi_dec : forall x y : bi, {x = y} + {x <> y}. Proof. decide equality. Defined.
Lemma cmp_dec : forall x y : cmp, {x = y} + {x <> y}. Proof. decide equality. Defined.
Lemma rel_dec : forall x y : rel, {x = y} + {x <> y}. Proof. decide equality. Defined.
Lemma q_dec : forall x y : Q, {x = y} + {x <> y}. Proof. intros [a b] [c d]. destruct (Z.eq_dec a c), (Pos.eq_dec b d); try (right; congruence). left; congruence. Defined.
Lemma mat_dec : forall x y : mat, {x = y} + {x <> y}. Proof. decide equality. Defined.
Lemma red_dec : forall x y : red, {x = y} + {x <> y}. Proof. decide equality. Defined.
Lemma op_dec' : forall x y : op, {x = y} + {x <> y}. Proof. decide equality; auto using Pos.eq_dec, Nat.eq_dec, Z.eq_dec, un_dec, bi_dec, cmp_dec, q_dec, mat_dec, red_dec, (list_eq_dec Nat.eq_dec). Defined.
Definition edge := (id * list nat)%type.
(* Cent: the derivative of a at the entry that L reads off the axes of d *)
Inductive claim := Ceq (a b : id) | Csgn (r : rel) (a : id) | Cder (a : id) (s : positive) (W : list positive) (d : id)
  | Cent (a : id) (s : positive) (W : list positive) (L : list nat) (d : id)
  | Chent (n : nat) (a : id) (s : positive) (W : list positive) (L : list nat) (d : id)   (* as Cent, of an n-th derivative *)
  | Chi (n : nat) (a : id) (s : positive) (W : list positive) (d : id)    (* the derivative of an n-th derivative *)
  | Capart (i j : nat) (a b : id).                        (* a = b where the indices i and j differ *)
Inductive step :=
| Shyp (n : nat) | Sreg (n : nat)
| Srefl (a : id) | Ssym (p : id) | Strans (p q : id)
| Sring (a b : id) (den : positive) (opq ps : list id)
| Scong (a b : id) (ps : list id)
| Srule (r : rule) (c : Q) (a b : id) (x y : edge) (cs : list edge) (ps : list id)
| Slift (a b : id)                                      (* the same operation of what is the same, wherever it is read *)
| Ssgn (r : rel) (a : id) (ps : list id) | Stransfer (p q : id) | Sfactor (p : id) (k : nat) | Sargument (p : id)
| Sder (a : id) (s : positive) (W : list positive) (d : id) (parts : list (list edge)) (cs : list edge) (den : positive) (opq ps : list id)
| Sderto (p q : id)                                     (* der a is d, d = e: der a is e *)
| Sderfun (p q : id)                                    (* a = b near: der b is der a *)
| Sentry (p : id) (d : id)
| Sshift (p a b : id)                                   (* what p says, some places further on, of a; b: the other side, or the derivative *)
| Sunder (a b : id)                                     (* a reads further on what b makes of its arguments, read further on *)
| Sdelta (a b : id)                                     (* 1 where two indices are equal, else 0: a delta *)
| Sdeltanum (a b : id)                                  (* 1 where an index is a number or an extent, else 0: a delta with a fixed place *)
| Shentry (p : id) (d : id)                             (* as Sentry *)
| Sagain (p q : id)                                     (* der a is b near, der b is d: the next derivative of a is d *)
| Shito (p q : id) | Shifun (p q : id)                  (* as Sderto and Sderfun *)
| Sdecided (a b : id)                                   (* choices in the branches of the choice a that its comparison decides *)
| Schoice (a b : id) (x : edge) (opq : list id)         (* the choice a is b, a polynomial in its branches and in x, which is 1 or 0 *)
| Ssettled (a b : id) (q : Q) (den : positive) (opq ps : list id)         (* the choice a is its branch b, as what it compares differs by the number q *)
| Sapart (i j : nat) (a b : id) (den : positive) (opq ps : list id)        (* as Sring, where the indices i and j differ *)
| Sweaken (p : id) (i j : nat)                          (* what is equal is so where i and j differ *)
| Scases (p q : id)                                     (* equal where two indices differ, and where they are the same *)
| Sonce (n c z p : id)                                  (* 2 - c > 0, where c counts which numbers attain their extremum n: c is 1 *)
| Sattained (r : rel) (n c : id)                        (* one of them does *)
| Sany (u m z : id) (above below at_zero : list step)   (* equal if u > 0, if m = -u > 0, and if u = 0 = z: each a proof of its own, with the case as its first hypothesis *)
| Sstays (q : id) (hs : list nat) (ps : list id) (first : list step).      (* as Sagain; the first derivative by a proof from those hypotheses alone, which hold near the point because of ps *)
Definition forall2b {A B} (f : A -> B -> bool) := fix go (a : list A) (b : list B) : bool := match a, b with [], [] => true | x :: a, y :: b => f x y && go a b | _, _ => false end.
(* The partial derivatives of an unknown function of one or two arguments are what these functions are. *)
Definition differentiates (F : positive -> list R -> R) (p : positive * list positive) : Prop := match snd p with
 | [f1] => forall x : R, is_derive (fun t : R => F (fst p) [t]) x (F f1 [x])
 | [f1; f2] => forall x y : R, differentiable_pt_lim (fun u v : R => F (fst p) [u; v]) x y (F f1 [x; y]) (F f2 [x; y]) | _ => True end.
Section K.
Variable T : PM.t node.
Variable gm : geometry.
Variable ders : list (positive * list positive).        (* the partial derivatives of unknown functions *)
Notation lab_ok := (lab_ok gm).
Definition some_of (ds : list positive) : bool := forallb (fun d => within gm d 0) ds.
Variables (vars : list positive) (regs : list claim).
Variable dp : positive -> id -> bool.                   (* whether a node depends on a variable *)
Variable ct : id -> bool.                               (* whether a node is continuous wherever it is *)
Notation get a := (PM.find a T).
Definition rng a := match get a with Some n => nr n | None => [] end.
Definition Gof (den : positive) (opq : list id) (l : list claim) (a : id) : option (list mono) := if existsb (Pos.eqb a) opq then None else
  match find (fun c => match c with Ceq x b => Pos.eqb x a && negb (Pos.eqb b a) | _ => false end) l with
  | Some (Ceq _ b) => Some [M 1 [] [(Hn b, seq 0 (length (rng a)), 1%Z)]]
  | _ => match get a with Some n => npoly den n | None => None end end.
Definition implies (r r' : rel) : bool := if rel_dec r r' then true else match r, r' with Pos, Nonneg | Pos, Nonzero => true | _, _ => false end.
Definition rconst (r : rel) (c : Q) : bool := match r with Pos => Z.ltb 0 (Qnum c) | Nonneg => Z.leb 0 (Qnum c) | Nonzero => negb (Z.eqb (Qnum c) 0) | Integer => Pos.eqb (Qden c) 1 | _ => false end.
(* a place that is not 0 *)
Definition not_first (c : nat) : bool := match Pos.of_succ_nat c with xO p => Pos.ltb 1 p | d => within gm d 0 end.
Definition leaf_sign (r : rel) (n : node) : bool := match no n with Oconst c => rconst r c | Odim d => match r with Pos | Nonzero => within gm d 0 | Nonneg | Integer => true | _ => false end
  | Oindex lo => match r with Pos | Nonzero => not_first lo | Nonneg | Integer => true | _ => false end
  | Opi => match r with Pos | Nonneg | Nonzero => true | _ => false end
  | Odelta => match r with Nonneg | Integer => true | _ => false end | _ => false end.
(* a power of a number, a dimension or an index, if that is positive *)
Definition leaf_power (r : rel) (n : node) : bool := match no n, nb n, na n with Opow _, [], [(b, _)] => implies Pos r && match get b with Some m => leaf_sign Pos m | None => false end | _, _, _ => false end.
Definition kn (l : list claim) (r : rel) (a : id) : bool := existsb (fun c => match c with Csgn r' x => Pos.eqb x a && implies r' r | _ => false end) l
  || match get a with Some n => leaf_sign r n || leaf_power r n | None => false end.
(* a^k = b for a node a, from a claim about the node a^k *)
Definition pwof (opq : list id) (l : list claim) (a : id) : option (Z * id) := if existsb (Pos.eqb a) opq then None else
  match find (fun c => match c with Ceq x _ => match get x with Some n => match no n, nb n, na n with
      | Opow q, [], [(a', ls)] => Pos.eqb a a' && (Pos.eqb (Qden q) 1 && (Z.leb 2 (Qnum q) && ((if ln_dec ls (seq 0 (length (rng a))) then true else false) && (if lp_dec (nr n) (rng a) then true else false)))) | _, _, _ => false end | None => false end | _ => false end) l with
  | Some (Ceq x b) => match get x with Some n => match no n with Opow q => Some (Qnum q, b) | _ => None end | None => None end | _ => None end.
Definition eqof (l : list claim) a b := Pos.eqb a b || existsb (fun c => match c with Ceq x y => Pos.eqb x a && Pos.eqb y b | _ => false end) l.
Definition dlook (l : list claim) s W a : option (option id) := if negb (dp s a) then Some None else
  match find (fun c => match c with Cder x s' W' _ => Pos.eqb x a && (Pos.eqb s s' && if lp_dec W W' then true else false) | _ => false end) l with
  Some (Cder _ _ _ d) => Some (Some d) | _ => None end.
(* from claims that a is the same where its indices are taken in another order *)
Definition swaps_of (l : list claim) : list (id * list nat) := flat_map (fun c => match c with Ceq x a => match get x with Some n => match no n, nb n, na n with
  | Oid, [], [(a', p)] => if Pos.eqb a a' && (if lp_dec (nr n) (rng a) then true else false) then [(a, p)] else [] | _, _, _ => [] end | None => [] end | _ => [] end) l.
(* what a node reads some places further on; those that the claims name *)
Definition moved_of (a : id) : option (list nat * id * list nat) := match get a with Some n => match no n, na n with Oshift ss, [(c, ls)] => Some (ss, c, ls) | _, _ => None end | None => None end.
Definition delta_node (c : id) : bool := match get c with Some n => match no n with Odelta => true | _ => false end | None => false end.
Definition readers_of (l : list claim) : list id := flat_map (fun c => match c with Ceq a b => if Pos.eqb a b then match moved_of a with Some _ => [a] | None => [] end else [] | _ => [] end) l.
Definition zero l den opq fd p := let ss := swaps_of l in let tried w := solve gm rng (Gof den opq l) (kn l) (pwof opq l) ss moved_of delta_node (readers_of l) w 60 600 fd p in tried false || tried true.
(* --- matching nodes against templates *)
(* w: how many indices the labels of an edge read *)
Definition comp (w : nat) (L bl : list nat) : list nat := map (sp L w 0) bl.
Fixpoint direct (k w : nat) (a : id) (L : list nat) : edge := match k with O => (a, L) | S k => match get a with None => (a, L) | Some n => match no n, nb n, na n with
  | Oid, [], [(b, bl)] => direct k w b (comp w L bl) | _, _, _ => (a, L) end end end.
Definition eqe (w : nat) (x y : edge) : bool := let x := direct 60 w (fst x) (snd x) in let y := direct 60 w (fst y) (snd y) in Pos.eqb (fst x) (fst y) && if ln_dec (snd x) (snd y) then true else false.
Section MATCH.
Variables (w : nat) (X Y : edge).
Fixpoint tmatch (t : tm) (e : edge) : bool := match t with TX => eqe w e X | TY => eqe w e Y | _ => let '(a, L) := direct 60 w (fst e) (snd e) in
  match get a with None => false | Some n => match nb n with _ :: _ => false | [] => match t, no n, na n with
  | TC c, Oconst c', _ => if q_dec c c' then true else false
  | TPi, Opi, _ => true
  | TAdd s u, Oadd, [(b, bl); (b', bl')] => tmatch s (b, comp w L bl) && tmatch u (b', comp w L bl')
  | TMul s u, Omul, [(b, bl); (b', bl')] => tmatch s (b, comp w L bl) && tmatch u (b', comp w L bl')
  | TPow s q, Opow q', [(b, bl)] => (if q_dec q q' then true else false) && tmatch s (b, comp w L bl)
  | T1 f s, Oun f', [(b, bl)] => (if un_dec f f' then true else false) && tmatch s (b, comp w L bl)
  | T2 f s u, Obi f', [(b, bl); (b', bl')] => (if bi_dec f f' then true else false) && (tmatch s (b, comp w L bl) && tmatch u (b', comp w L bl'))
  | TSel c p q s u, Osel c', [(b1, l1); (b2, l2); (b3, l3); (b4, l4)] => (if cmp_dec c c' then true else false) && ((tmatch p (b1, comp w L l1) && tmatch q (b2, comp w L l2)) && (tmatch s (b3, comp w L l3) && tmatch u (b4, comp w L l4)))
  | _, _, _ => false end end end end.
End MATCH.
(* --- where a choice has been made: comparing p and q by c gives the first branch, or not *)
Definition by_same (c c' : cmp) (straight turned : bool) : option bool := match c, c' with Clt, Clt | Cle, Cle | Ceq', Ceq' | Cne', Cne' => if straight then Some true else None
  | Clt, Cle | Cle, Clt => if turned then Some false else None | Ceq', Cne' | Cne', Ceq' => if straight then Some false else None | _, _ => None end.
Section DECIDED.
Variables (w : nat) (c : cmp) (X Y : edge) (first : bool).
Definition branch (x : edge) : option edge := match get (fst x) with Some n => match no n, nb n, na n with
  | Osel c', [], [(p, lp); (q, lq); (u, lu); (v, lv)] => let P := (p, comp w (snd x) lp) in let Q := (q, comp w (snd x) lq) in
    match by_same c c' (eqe w P X && eqe w Q Y) (eqe w P Y && eqe w Q X) with Some sense => Some (if Bool.eqb sense first then (u, comp w (snd x) lu) else (v, comp w (snd x) lv)) | None => None end
  | _, _, _ => None end | None => None end.
Fixpoint alike (k : nat) (x y : edge) : bool := eqe w x y || match k with O => false | S k => let x := direct 60 w (fst x) (snd x) in let y := direct 60 w (fst y) (snd y) in
  match branch x, branch y with Some x', _ => alike k x' y | None, Some y' => alike k x y' | None, None => match get (fst x), get (fst y) with
  | Some n, Some n' => match nb n, nb n', no n with [], [], (Oadd | Omul | Oid | Opow _ | Oun _ | Obi _ | Osel _ | Ofun _) => (if op_dec' (no n) (no n') then true else false) &&
      forall2b (fun a b => alike k (fst a, comp w (snd x) (snd a)) (fst b, comp w (snd y) (snd b))) (na n) (na n') | _, _, _ => false end | _, _ => false end end end.
End DECIDED.
(* one operation of the same numbers *)
Definition same_operation (w : nat) (x y : edge) : bool := let x := direct 60 w (fst x) (snd x) in let y := direct 60 w (fst y) (snd y) in match get (fst x), get (fst y) with
  | Some n, Some n' => match nb n, nb n', no n with [], [], (Oadd | Omul | Oid | Opow _ | Oun _ | Obi _ | Osel _ | Ofun _) => (if op_dec' (no n) (no n') then true else false) &&
      forall2b (fun a b => eqe w (fst a, comp w (snd x) (snd a)) (fst b, comp w (snd y) (snd b))) (na n) (na n') | _, _, _ => false end | _, _ => false end.
(* e is the unknown function f of these numbers *)
Definition called (D : list positive) (f : positive) (all : list edge) (e : edge) : bool := lab_ok D (snd e) (rng (fst e)) && (let w := length D in let x := direct 60 w (fst e) (snd e) in match get (fst x) with
  | Some n => match no n, nb n with Ofun g, [] => Pos.eqb f g && forall2b (fun a b => eqe w (fst a, comp w (snd x) (snd a)) b) (na n) all | _, _ => false end | None => false end).
Definition cond_ok l D X Y (rt : rel * tm) (c : edge) : bool := kn l (fst rt) (fst c) && (lab_ok D (snd c) (rng (fst c)) && tmatch (length D) X Y (snd rt) c).
Definition conds_ok l D X Y (cs : conds) (es : list edge) := forall2b (cond_ok l D X Y) cs es.
Definition index_of (w : nat) (x : edge) : option (nat * nat) := let x := direct 60 w (fst x) (snd x) in match get (fst x), snd x with Some n, [l] => match no n with Oindex lo => Some (lo, l) | _ => None end | _, _ => None end.
(* y, over the axes of the product n over one index of (a, ls), is the product of the others *)
Definition beside (r x : nat) : nat := if Nat.ltb x r then x else S x.
Definition others (n : node) (a : id) (ls : list nat) (y : edge) : bool := let r := length (nr n) in let w := S (S r) in match nb n, get (fst y) with
 | [d], Some b => match no b, nb b, na b with
   | Ored Eprod, [d'], [(c, lc)] => (if ln_dec (snd y) (seq 0 (S r)) then true else false) && (Pos.eqb d d' && ((if lp_dec (nr b) (nr n ++ [d]) then true else false) &&
      let z := direct 60 w c lc in match get (fst z) with Some m => match no m, nb m, na m with
      | Osel Ceq', [], [p; q; u; v] => let at_z x := (fst x, comp w (snd z) (snd x)) in match index_of w (at_z p), index_of w (at_z q) with
          | Some (lo, i), Some (lo', j) => (Nat.eqb lo lo' && (Nat.eqb i (S r) && Nat.eqb j r)) && (tmatch w (at_z u) (at_z u) (num 1) (at_z u) && eqe w (at_z v) (a, map (beside r) ls)) | _, _ => false end
      | _, _, _ => false end | None => false end))
   | _, _, _ => false end | _, _ => false end.
(* an extremum of numbers (b, ls); c, how many of them it is; that it is one of them *)
Definition extremum (m : node) : option (red * id * list nat) := match no m, na m with Ored Eprod, _ => None | Ored r, [(b, ls)] => Some (r, b, ls) | _, _ => None end.
Definition attains (n : id) (m : node) (b : id) (ls : list nat) (y : edge) : bool := tmatch (length (nr m ++ nb m)) (b, ls) (n, seq 0 (length (nr m))) (TSel Ceq' TX TY (num 1) (num 0)) y.
Definition counts (n : id) (m : node) (b : id) (ls : list nat) (c : id) : bool := match get c with Some k => match no k, na k with
 | Oid, [y] => ((if lp_dec (nr k) (nr m) then true else false) && (if lp_dec (nb k) (nb m) then true else false)) && attains n m b ls y | _, _ => false end | None => false end.
Definition is_one (w : nat) (z : id) : bool := let I := seq 0 w in tmatch w (z, I) (z, I) (num 1) (z, I).
Definition once (l : list claim) (n : id) (m : node) (b : id) (ls : list nat) : bool := existsb (fun k => match k with Ceq c z => counts n m b ls c && is_one (length (nr m)) z | _ => false end) l.
Section DER.
Variables (l : list claim) (s : positive) (W : list positive) (D : list positive) (r : nat).
Definition lab x := if Nat.ltb x r then x else (x + length W)%nat.
Definition dfac d ls : fac := (Hn d, map lab ls ++ seq r (length W), 1%Z).
Fixpoint dsum (args : list (id * list nat)) : option (list (Q * list fac)) := match args with [] => Some []
 | (a, ls) :: t => if lab_ok D ls (rng a) then match dlook l s W a, dsum t with
   | Some None, Some q => Some q | Some (Some d), Some q => Some ((1%Q, [dfac d ls]) :: q) | _, _ => None end else None end.
Fixpoint dprod (pre : list fac) (args : list (id * list nat)) : option (list (Q * list fac)) := match args with [] => Some []
 | (a, ls) :: t => if lab_ok D ls (rng a) then match dlook l s W a, dprod ((Hn a, map lab ls, 1%Z) :: pre) t with
   | Some None, Some q => Some q
   | Some (Some d), Some q => Some ((1%Q, dfac d ls :: pre ++ map (fun al => (Hn (fst al), map lab (snd al), 1%Z)) t) :: q) | _, _ => None end else None end.
Definition each (al : list (conds * list tm)) : list (conds * list (list tm)) := map (fun d => (fst d, map (fun t => [t]) (snd d))) al.
Definition alts (o : op) : list (conds * list (list tm)) := match o with
 | Opow q => [let d := d_pow q in (fst d, [snd d])] | Oun u => [let d := d_un u in (fst d, [[snd d]])]
 | Obi b => each (d_bi b) | _ => [] end.
Definition factors X Y (ts : list tm) (es : list edge) : bool := forall2b (fun t e => lab_ok D (snd e) (rng (fst e)) && tmatch (length D) X Y t e) ts es.
Fixpoint dfun X Y (args : list edge) (tss : list (list tm)) (parts : list (list edge)) : option (list (Q * list fac)) := match args, tss, parts with
 | [], [], [] => Some []
 | (a, ls) :: args, ts :: tss, es :: parts => if lab_ok D ls (rng a) then match dlook l s W a, dfun X Y args tss parts with
   | Some None, Some q => Some q
   | Some (Some d), Some q => if factors X Y ts es then Some ((1%Q, dfac d ls :: map (fun e => (Hn (fst e), map lab (snd e), 1%Z)) es) :: q) else None
   | _, _ => None end else None
 | _, _, _ => None end.
Fixpoint dcall (all args : list edge) (fs : list positive) (parts : list (list edge)) : option (list (Q * list fac)) := match args, fs, parts with
 | [], [], [] => Some []
 | (a, ls) :: args, f :: fs, es :: parts => if lab_ok D ls (rng a) then match dlook l s W a, dcall all args fs parts with
   | Some None, Some q => Some q
   | Some (Some d), Some q => match es with [y] => if called D f all y then Some ((1%Q, [dfac d ls; (Hn (fst y), map lab (snd y), 1%Z)]) :: q) else None | _ => None end
   | _, _ => None end else None
 | _, _, _ => None end.
Fixpoint first_alt X Y (args : list edge) parts cs (al : list (conds * list (list tm))) : option (list (Q * list fac)) := match al with [] => None
 | (c, tss) :: al => if conds_ok l D X Y c cs then match dfun X Y args tss parts with Some q => Some q | None => first_alt X Y args parts cs al end else first_alt X Y args parts cs al end.
Definition fixed (X Y : edge) : bool := negb (dp s (fst X)) && negb (dp s (fst Y)).
Definition steady (x : edge) : bool := ct (fst x) || (lab_ok D (snd x) (rng (fst x)) && match dlook l s W (fst x) with Some _ => true | None => false end).
(* whether X attains its extremum Y *)
Definition asked (c : cmp) (X Y : edge) : bool := match c with Ceq' | Cne' => match get (fst Y) with Some m => match extremum m with Some (_, b, ls) =>
   (Pos.eqb b (fst X) && ((if ln_dec ls (snd X) then true else false) && (if ln_dec (snd Y) (seq 0 (length (nr m))) then true else false))) && (((if lp_dec D (nr m ++ nb m) then true else false) && lab_ok D ls (rng b)) && (once l (fst Y) m b ls && (ct b || match dlook l s W b with Some _ => true | None => false end)))
   | None => false end | None => false end | _ => false end.
Definition dbody (o : op) (args : list edge) (parts : list (list edge)) (cs : list edge) : option (list (Q * list fac)) := match o with
 | Oadd | Oid => dsum args | Omul => dprod [] args
 | Opow _ | Oun _ | Obi _ => match args with [] => None | X :: r => let Y := hd X r in match first_alt X Y args parts cs (alts o), o with None, Obi Bpow => if negb (dp s (fst Y)) then first_alt X Y args parts cs (each d_whole_power) else None | q, _ => q end end
 | Osel c => match args with [X; Y; u; v] => if fixed X Y || (conds_ok l D X Y [(Nonzero, minus TX TY)] cs && (steady X && steady Y)) || asked c X Y then dfun X Y [u; v] (d_choose c) (skipn 2 parts) else None | _ => None end
 | Ofun f => match find (fun p => Pos.eqb (fst p) f) ders with Some (_, [f1]) => dcall args args [f1] parts | Some (_, [f1; f2]) => dcall args args [f1; f2] parts | _ => None end
 | _ => None end.
End DER.
Definition derpoly (l : list claim) (s : positive) (W : list positive) (a : id) parts cs (n : node) : option (list mono) := let r := length (nr n) in if negb (dp s a) then Some [] else match no n with
 | Oconst _ | Odelta | Odim _ | Oindex _ | Opi => Some []
 | Osym s' => if Pos.eqb s s' then if lp_dec (nr n) W then Some [M 1 [] (map (fun q => (Hd, [q; r + q]%nat, 1%Z)) (seq 0 r))] else None else Some []
 | Ored Eprod => match na n, parts with [(a, ls)], [[y]] => if lab_ok (nr n ++ nb n) ls (rng a) && others n a ls y then match dlook l s W a with
    | Some (Some d) => Some [M 1 (nb n) [dfac W r d ls; (Hn (fst y), map (lab W r) (snd y), 1%Z)]] | _ => None end else None | _, _ => None end
 | Ored _ => match extremum n, parts with Some (_, b, ls), [[y]] => if lab_ok (nr n ++ nb n) ls (rng b) && (attains a n b ls y && once l a n b ls) then match dlook l s W b with
    | Some (Some d) => Some [M 1 (nb n) [dfac W r d ls; (Hn (fst y), map (lab W r) (snd y), 1%Z)]] | _ => None end else None | _, _ => None end
 | o => match dbody l s W (nr n ++ nb n) r o (na n) parts cs with Some q => Some (map (fun cf => M (fst cf) (nb n) (snd cf)) q) | None => None end end.
Definition one c d n : list mono := [M c [] [(Hn d, seq 0 n, 1%Z)]].
(* --- signs: what is known of the arguments by number *)
Section SIGN.
Variables (n : nat) (k : rel -> nat -> bool) (eqa : nat -> nat -> bool).
Variable g : cmp -> rel -> bool -> bool.                (* what a comparison says of the branch that it leads to *)
Definition branches c r := (k r 2%nat || g c r true) && (k r 3%nat || g c r false).
Definition al r := forallb (k r) (seq 0 n).
Definition so r := existsb (k r) (seq 0 n).
Definition even (q : Q) := Pos.eqb (Qden q) 1 && Z.even (Qnum q).
Definition sign_pos (o : op) : bool := match o with
 | Oadd => al Nonneg && so Pos | Omul => al Pos | Oid => Nat.eqb n 1 && al Pos
 | Opow q => Nat.eqb n 1 && (al Pos || (even q && al Nonzero))
 | Oun u => Nat.eqb n 1 && (positive_fun u || (sign_of_argument u && al Pos) || (match u with Uabs => true | _ => false end && al Nonzero))
 | Obi b => Nat.eqb n 2 && match b with Bpow => k Pos 0%nat | Bmax => so Pos | Bmin => al Pos | Bhypot => so Nonzero | _ => false end
 | Osel c => branches c Pos | _ => false end.
Definition sign_nonneg (o : op) : bool := match o with
 | Oadd => al Nonneg | Omul => al Nonneg || (Nat.eqb n 2 && eqa 0%nat 1%nat) | Oid => Nat.eqb n 1 && al Nonneg
 | Opow q => Nat.eqb n 1 && (al Nonneg || even q)
 | Oun u => Nat.eqb n 1 && (nonneg_fun u || (sign_of_argument u && al Nonneg))
 | Obi b => Nat.eqb n 2 && match b with Bmax => so Nonneg | Bmin => al Nonneg | Bhypot => true | _ => false end
 | Osel c => branches c Nonneg | _ => false end.
Definition sign_nonzero (o : op) : bool := match o with
 | Omul => al Nonzero | Oid => Nat.eqb n 1 && al Nonzero | Opow q => Nat.eqb n 1 && (Pos.eqb (Qden q) 1 && al Nonzero)
 | Oun u => Nat.eqb n 1 && (((match u with Uabs => true | u => sign_of_argument u end) && al Nonzero)) | Obi Bpow => Nat.eqb n 2 && (k Nonzero 0%nat && k Integer 1%nat)
 | Osel c => branches c Nonzero | _ => false end.
Definition sign_integer (o : op) : bool := match o with Oadd | Omul | Oid => al Integer | Oun Ufloor | Oun Uceil => true | _ => false end.
Definition sign_of (r : rel) (o : op) : bool := match r with Pos => sign_pos o | Nonneg => sign_nonneg o || sign_pos o | Nonzero => sign_nonzero o || sign_pos o | Integer => sign_integer o | _ => false end.
End SIGN.
Definition arg_kn l (n : node) (r : rel) (i : nat) : bool := match nth_error (na n) i with Some (b, ls) => kn l r b && lab_ok (nr n ++ nb n) ls (rng b) | None => false end.
Definition arg_eq (n : node) (i j : nat) : bool := match nth_error (na n) i, nth_error (na n) j with Some (b, ls), Some (b', ls') => Pos.eqb b b' && if ln_dec ls ls' then true else false | _, _ => false end.
(* p < q or p <= q where the branch u is taken: u is q, or it is 0 only where q is, or it is p and q is 0 *)
Definition zero_arg (n : node) (i : nat) : bool := match nth_error (na n) i with Some (b, _) => match get b with Some m => match no m with Oconst z => Z.eqb (Qnum z) 0 | _ => false end | None => false end | None => false end.
Definition zero_with (n : node) (i j : nat) : bool := match nth_error (na n) i, nth_error (na n) j with Some (b, ls), Some u => match get b with Some m => match no m, nb m, na m with
  | Oun Uabs, [], [(b', ls')] => let w := length (nr n ++ nb n) in eqe w (b', comp w ls ls') u | _, _, _ => false end | None => false end | _, _ => false end.
Definition guarded l (n : node) (c : cmp) (r : rel) (first : bool) : bool := let u := if first then 2%nat else 3%nat in match c with
  | Clt | Cle => let '(p, q) := if first then (0, 1)%nat else (1, 0)%nat in let strict := match c with Clt => first | _ => negb first end in
     let above := arg_kn l n Pos p || (strict && arg_kn l n Nonneg p) in match r with
     | Pos => above && arg_eq n u q | Nonneg => (above || arg_kn l n Nonneg p) && arg_eq n u q
     | Nonzero => (above && (arg_eq n u q || zero_with n q u)) || (strict && (zero_arg n q && arg_eq n u p)) | _ => false end
  | _ => match r with Nonzero => Bool.eqb first (match c with Cne' => true | _ => false end) && ((zero_arg n 1 && arg_eq n u 0) || (zero_arg n 0 && arg_eq n u 1)) | _ => false end end.
(* of a product or an extremum over an index: an extremum is one of its numbers *)
Definition red_sign l (r : rel) (n : node) : bool := match no n, na n with
  | Oun Ulog, [(b, _)] => match r, nb n, get b with (Pos | Nonneg | Nonzero), [], Some n' => match no n' with Oconst c => Z.ltb (Zpos (Qden c)) (Qnum c) | _ => false end | _, _, _ => false end   (* the logarithm of a number above 1 *)
  | Ored m, [_] => arg_kn l n r 0 && match m with Eprod => match r with Not_integer => false | _ => true end | _ => some_of (nb n) end | _, _ => false end.
(* the least value of a sum of indices and numbers *)
Definition least_place (c : nat) : Z := match Pos.of_succ_nat c with xO p => Z.pred (Zpos p) | d => if within gm d 0 then 1%Z else 0%Z end.
Fixpoint least_sum (args : list edge) : option Q := match args with [] => Some 0%Q
 | (b, _) :: t => match get b, least_sum t with Some n, Some q => match no n with Oconst c => Some (Qplus c q) | Oindex lo => Some (Qplus (inject_Z (least_place lo)) q) | _ => None end | _, _ => None end end.
Definition index_sign (r : rel) (n : node) : bool := match r, no n, nb n, least_sum (na n) with Nonneg, Oadd, [], Some q => Qle_bool 0 q | _, _, _, _ => false end.
Definition sgn l (r : rel) (a : id) (n : node) : bool := (red_sign l r n || index_sign r n) || kn l r a || (match r with Pos => kn l Nonneg a && kn l Nonzero a | _ => false end
  || (match r, nb n with Nonzero, _ :: _ | Pos, _ :: _ => some_of (nb n) && sign_of (length (na n)) (arg_kn l n) (arg_eq n) (guarded l n) Pos (no n) | Integer, _ :: _ => false | _, _ => sign_of (length (na n)) (arg_kn l n) (arg_eq n) (guarded l n) r (no n) end)).
(* what is 1 where a choice is, or with `true` is not, for its first branch, and 0 elsewhere *)
Definition indicator (c : cmp) : bool * list tm := match c with Clt => (false, [TSel Clt TX TY (num 1) (num 0)]) | Cle => (true, [TSel Clt TY TX (num 1) (num 0)])
  | Ceq' => (false, [TSel Ceq' TX TY (num 1) (num 0); TSel Ceq' TY TX (num 1) (num 0)]) | Cne' => (true, [TSel Ceq' TX TY (num 1) (num 0); TSel Ceq' TY TX (num 1) (num 0)]) end.
(* what a comparison of p and q says where p - q is a number *)
Definition decides (c : cmp) (q : Q) : bool := match c with Clt => Z.ltb (Qnum q) 0 | Cle => Z.leb (Qnum q) 0 | Ceq' => Z.eqb (Qnum q) 0 | Cne' => negb (Z.eqb (Qnum q) 0) end.
Definition efac (x : edge) : fac := (Hn (fst x), snd x, 1%Z).
Definition choice_poly (x u v : edge) : list mono := [M 1 [] [efac x; efac u]; M 1 [] [efac v]; M (-1) [] [efac x; efac v]].
(* n pieces of w each *)
Fixpoint chop (w n : nat) (l : list nat) : list (list nat) := match n with O => [] | S n => firstn w l :: chop w n (skipn w l) end.
Definition many (n : nat) (W : list positive) := concat (repeat W n).
Definition order_of (c : claim) : option (nat * id * positive * list positive * id) := match c with Cder a s W d => Some (0%nat, a, s, W, d) | Chi n a s W d => Some (n, a, s, W, d) | _ => None end.
(* minus what m is where the indices i and j are the same *)
Definition where_same (i j : nat) (m : mono) : mono := M (- mc m) (md m) ((Hd, [i; j], 1%Z) :: mf m).
Section CK.
Variable hyps : list claim.
Variable cl : PM.t (bool * claim).
Fixpoint gath (ps : list id) : option (list (bool * claim)) := match ps with [] => Some []
 | p :: t => match PM.find p cl, gath t with Some c, Some r => Some (c :: r) | _, _ => None end end.
Definition whole (e : edge) : bool := lab_ok (rng (fst e)) (snd e) (rng (fst e)).
(* every entry of the argument (b, ls) of n is read *)
Definition reads (n : node) (b : id) (ls : list nat) : bool := match ls, rng b with [], [] => some_of (nr n) | _, _ => (if ln_dec ls (seq 0 (length (nr n))) then true else false) && (if lp_dec (rng b) (nr n) then true else false) end.
Definition equations (l : list claim) (r : list positive) (a b : id) (n n' : node) : bool := (match no n with Oshift _ => false | _ => true end && Nat.eqb (length (na n)) (length (na n'))) && forallb (fun xy => (if ln_dec (snd (fst xy)) (snd (snd xy)) then true else false)
  && (eqof l (fst (fst xy)) (fst (snd xy)) && lab_ok (nr n ++ nb n) (snd (fst xy)) (rng (fst (fst xy))))) (combine (na n) (na n')).
(* a reads x some places further on *)
Fixpoint reach (D : list positive) (ss ls : list nat) (ra : list positive) : bool := match ss, ls, ra with [], [], [] => true
 | s :: ss, x :: ls, d :: ra => match nth_error D x with Some d' => fits gm d' s d | None => Nat.eqb s here && lab_ok D [x] [d] end && reach D ss ls ra | _, _, _ => false end.
Definition further_of (a x : id) : option (list nat * list nat) := match get a with Some n => match no n, na n with
 | Oshift ss, [(x', ls)] => if Pos.eqb x x' && reach (nr n) ss ls (rng x) then Some (ss, ls) else None | _, _ => None end | None => None end.
Definition shifted_pair (n n' : node) (ss ls : list nat) (y : id) : bool := match no n', na n' with
 | Oshift ss', [(y', ls')] => Pos.eqb y y' && ((if ln_dec ss ss' then true else false) && ((if ln_dec ls ls' then true else false) && (if lp_dec (nr n) (nr n') then true else false))) | _, _ => false end.
Definition shifted_derivative (n n' : node) (ss ls : list nat) (W : list positive) (d : id) : bool := match no n', na n' with
 | Oshift ss', [(d', ls')] => (Pos.eqb d d' || (delta_node d && delta_node d')) && ((if ln_dec ss' (ss ++ repeat here (length W)) then true else false) && (if ln_dec ls' (ls ++ seq (length (nr n)) (length W)) then true else false)) | _, _ => false end.
(* where an argument's labels lead through a reader that reads further on *)
Definition through (w : nat) (ss ls al : list nat) : list (nat * nat) := map (fun x => if Nat.ltb x (length ls) then (nth x ss here, nth x ls 0%nat) else (here, (x - length ls + w)%nat)) al.
Definition place_eqb (x y : nat * nat) : bool := Nat.eqb (fst x) (fst y) && Nat.eqb (snd x) (snd y).
Definition read_there (w : nat) (e : edge) : id * list (nat * nat) := let x := direct 60 w (fst e) (snd e) in match get (fst x) with
 | Some n => match no n, na n with Oshift ss, [(c, ls)] => if Nat.eqb (length ss) (length ls) then (c, combine ss (comp w (snd x) ls)) else (fst x, map (fun y => (here, y)) (snd x)) | _, _ => (fst x, map (fun y => (here, y)) (snd x)) end | None => (fst x, map (fun y => (here, y)) (snd x)) end.
Definition same_place (w : nat) (ss ls : list nat) (x y : edge) : bool := let '(c, P) := read_there w y in Pos.eqb c (fst x) && forall2b place_eqb (through w ss ls (snd x)) P.
Definition delta_of (w : nat) (x : edge) : option (nat * nat) := let x := direct 60 w (fst x) (snd x) in match get (fst x), snd x with Some n, [p; q] => match no n with Odelta => Some (p, q) | _ => None end | _, _ => None end.
(* what an extent and a fixed place are: the extent of another and a number, or a number; whether x is that *)
Definition extent_of (d : positive) : option positive * Z := match d with xO p => (None, Zpos p) | _ => match shift_of gm d with Some (b, z) => (Some b, z) | None => (Some d, 0%Z) end end.
Definition place_of (c : nat) : option positive * Z := match Pos.of_succ_nat c with xO p => (None, Z.pred (Zpos p)) | d => extent_of d end.
Definition worth (w : nat) (x : edge) (d : option positive) (z : Z) : bool := match get (fst (direct 60 w (fst x) (snd x))) with Some n => match no n with
  | Oconst c => (if op_dec d None then true else false) && Qeq_bool c (z # 1)
  | Odim d' => (if op_dec d (fst (extent_of d')) then true else false) && Z.eqb z (snd (extent_of d')) | _ => false end | None => false end.
(* whether the index x is y where its label p reads what the fixed place q is *)
Definition at_fixed (w : nat) (x y : edge) (p q : nat) : bool := match index_of w x with Some (lo, l) => let '(d, z) := place_of lo in let '(d', z') := place_of (q - w) in
  Nat.eqb l p && (Nat.leb w q && match d, d' with None, _ => worth w y d' (z + z') | _, None => worth w y d (z + z') | _, _ => false end) | None => false end.
Definition check1 (st : step) : option (bool * claim) := match st with
| Shyp n => match nth_error hyps n with Some c => Some (false, c) | None => None end
| Sreg n => match nth_error regs n with Some c => Some (true, c) | None => None end
| Srefl a => Some (true, Ceq a a)
| Ssym p => match PM.find p cl with Some (m, Ceq a b) => if lp_dec (rng a) (rng b) then Some (m, Ceq b a) else None
    | Some (m, Capart i j a b) => if lp_dec (rng a) (rng b) then Some (m, Capart i j b a) else None | _ => None end
| Strans p q => match PM.find p cl, PM.find q cl with Some (m, Ceq a b), Some (m', Ceq b' c) => if Pos.eqb b b' then if lp_dec (rng a) (rng b) then Some (m && m', Ceq a c) else None else None
    | Some (m, Capart i j a b), Some (m', Capart i' j' b' c) => if Nat.eqb i i' && (Nat.eqb j j' && Pos.eqb b b') then if lp_dec (rng a) (rng b) then Some (m && m', Capart i j a c) else None else None | _, _ => None end
| Sring a b den opq ps => match gath ps with None => None | Some bl => let l := map snd bl in let r := length (rng a) in
   if lp_dec (rng a) (rng b) then if zero l den opq (rng a) (one 1 a r ++ one (-1) b r) then Some (forallb fst bl, Ceq a b) else None else None end
| Scong a b ps => match gath ps, get a, get b with Some bl, Some n, Some n' =>
   if op_dec' (no n) (no n') then if lp_dec (nr n) (nr n') then if lp_dec (nb n) (nb n') then if equations (map snd bl) (rng a) a b n n' then Some (forallb fst bl, Ceq a b) else None else None else None else None | _, _, _ => None end
| Srule r c a b x y cs ps => match gath ps, row_of r c with Some bl, Some w => let D := rng a in let I := seq 0 (length D) in
   if lp_dec D (rng b) then if tmatch (length D) x y (left_of w) (a, I) && (tmatch (length D) x y (right_of w) (b, I) && conds_ok (map snd bl) D x y (where_of w) cs) then Some (forallb fst bl, Ceq a b) else None else None | _, _ => None end
| Slift a b => let r := length (rng a) in let I := seq 0 r in if lp_dec (rng a) (rng b) then if same_operation r (a, I) (b, I) then Some (true, Ceq a b) else None else None
| Ssgn r a ps => match gath ps, get a with Some bl, Some n => if sgn (map snd bl) r a n then Some (forallb fst bl, Csgn r a) else None | _, _ => None end
| Stransfer p q => match PM.find p cl, PM.find q cl with Some (m, Ceq a b), Some (m', Csgn r a') => if Pos.eqb a a' then if lp_dec (rng a) (rng b) then Some (m && m', Csgn r b) else None else None | _, _ => None end
| Sfactor p k => match PM.find p cl with Some (m, Csgn r a) => if implies r Nonzero then match get a with Some n => match nb n, nth_error (na n) k with
    | [], Some (b, ls) => if reads n b ls && (match no n with Omul => true | Oid => Nat.eqb (length (na n)) 1 | Opow q => Nat.eqb (length (na n)) 1 && negb (Z.eqb (Qnum q) 0) | Oun Uabs => Nat.eqb (length (na n)) 1 | _ => false end) then Some (m, Csgn Nonzero b) else None
    | _, _ => None end | None => None end else None | _ => None end
| Sargument p => match PM.find p cl with Some (m, Csgn r a) => match get a with Some n => match no n, nb n, na n with
    | Oun u, [], [(b, ls)] => if reads n b ls && (sign_of_argument u && match r with Pos | Nonneg | Nonzero => true | _ => false end) then Some (m, Csgn r b) else None
    | Opow q, [], [(b, ls)] => if reads n b ls && ((Pos.eqb (Qden q) 1 && (Z.odd (Qnum q) && Z.ltb 0 (Qnum q))) && match r with Pos | Nonneg | Nonzero => true | _ => false end) then Some (m, Csgn r b) else None
    | _, _, _ => None end | None => None end | _ => None end
| Sder a s W d parts cs den opq ps => match gath ps, get a with Some bl, Some n => let l := map snd bl in match derpoly l s W a parts cs n with
    | Some q => let r := (length (nr n) + length W)%nat in if zero l den opq (nr n ++ W) (q ++ one (-1) d r) then Some (forallb fst bl, Cder a s W d) else None
    | None => None end | _, _ => None end
| Sderto p q => match PM.find p cl, PM.find q cl with
    | Some (m, Cder a s W d), Some (m', Ceq d' e) => if Pos.eqb d d' then if lp_dec (rng d) (rng a ++ W) then Some (m && m', Cder a s W e) else None else None
    | Some (m, Cent a s W L d), Some (m', Ceq d' e) => if Pos.eqb d d' then if lp_dec (rng d) (rng e) then Some (m && m', Cent a s W L e) else None else None
    | _, _ => None end
| Sderfun p q => match PM.find p cl, PM.find q cl with
    | Some (true, Ceq a b), Some (m, Cder b' s W d) => if existsb (Pos.eqb s) vars && (Pos.eqb b b' && (if lp_dec (rng a) (rng b) then true else false)) then Some (m, Cder a s W d) else None
    | _, _ => None end
| Sentry p d => match PM.find p cl, get d with Some (m, Cder a s W d0), Some n => let r := length (rng a) in match no n, nb n, na n with
    | Oid, [], [(d1, ls)] => let L := skipn r ls in if Pos.eqb d0 d1 && ((if ln_dec (firstn r ls) (seq 0 r) then true else false) && (Nat.leb r (length (nr n)) && (lab_ok (nr n) (seq 0 r) (rng a) && lab_ok (nr n) L W))) then Some (m, Cent a s W L d) else None
    | _, _, _ => None end | _, _ => None end
| Sshift p a b => match PM.find p cl, get a, get b with
    | Some (m, Ceq x y), Some n, Some n' => match further_of a x with Some (ss, ls) => if shifted_pair n n' ss ls y then Some (m, Ceq a b) else None | None => None end
    | Some (m, Csgn r x), Some n, _ => match further_of a x with Some _ => Some (m, Csgn r a) | None => None end
    | Some (m, Cder x s W d), Some n, Some n' => match further_of a x with Some (ss, ls) => if forallb (fun y => Nat.ltb y (length (nr n))) ls && shifted_derivative n n' ss ls W d then Some (m, Cder a s W b) else None | None => None end
    | _, _, _ => None end
| Sdelta a b => let r := length (rng a) in let I := seq 0 r in match get a with Some n => match na n with X :: Y :: _ =>
    if lp_dec (rng a) (rng b) then if tmatch r X Y (TSel Ceq' TX TY (num 1) (num 0)) (a, I) then match index_of r X, index_of r Y, delta_of r (b, I) with
      | Some (lo, x), Some (lo', y), Some (u, v) => if Nat.eqb lo lo' && (place_eqb (x, y) (u, v) || place_eqb (x, y) (v, u)) then Some (true, Ceq a b) else None | _, _, _ => None end else None else None | _ => None end | None => None end
| Sdeltanum a b => let r := length (rng a) in let I := seq 0 r in match get a with Some n => match na n with X :: Y :: _ =>
    if lp_dec (rng a) (rng b) then if tmatch r X Y (TSel Ceq' TX TY (num 1) (num 0)) (a, I) then match delta_of r (b, I) with
      | Some (u, v) => if (at_fixed r X Y u v || at_fixed r X Y v u) || (at_fixed r Y X u v || at_fixed r Y X v u) then Some (true, Ceq a b) else None | None => None end else None else None | _ => None end | None => None end
| Shentry p d => match PM.find p cl, get d with Some (m, Chi k a s W d0), Some n => let r := length (rng a) in match no n, nb n, na n with
    | Oid, [], [(d1, ls)] => let L := skipn r ls in if Pos.eqb d0 d1 && ((if ln_dec (firstn r ls) (seq 0 r) then true else false) && (Nat.leb r (length (nr n)) && (lab_ok (nr n) (seq 0 r) (rng a) && lab_ok (nr n) L (many (S k) W)))) then Some (m, Chent k a s W L d) else None
    | _, _, _ => None end | _, _ => None end
| Sunder a b => match get a, get b with Some n, Some n' => match no n, na n with
    | Oshift ss, [(x, ls)] => match get x with Some m => match nb m, nb n', no m with [], [], (Oadd | Omul | Oid | Opow _ | Oun _ | Obi _ | Osel _ | Ofun _) =>
        if (if op_dec' (no m) (no n') then true else false) && ((if lp_dec (nr n) (nr n') then true else false) && (Nat.eqb (length ss) (length ls) && (forallb (fun y => Nat.ltb y (length (nr n))) ls && forall2b (same_place (length (nr n)) ss ls) (na m) (na n')))) then Some (true, Ceq a b) else None
        | _, _, _ => None end | None => None end
    | _, _ => None end | _, _ => None end
| Sagain p q => match PM.find p cl, PM.find q cl with Some (true, c), Some (m, Cder b' s' W' d) => match order_of c with
    | Some (n, a, s, W, b) => if existsb (Pos.eqb s) vars && (Pos.eqb s s' && Pos.eqb b b') then if lp_dec W W' then if lp_dec (rng b) (rng a ++ many (S n) W) then Some (m, Chi (S n) a s W d) else None else None else None
    | None => None end | _, _ => None end
| Shito p q => match PM.find p cl, PM.find q cl with
    | Some (m, Chi n a s W d), Some (m', Ceq d' e) => if Pos.eqb d d' then if lp_dec (rng d) (rng a ++ many (S n) W) then Some (m && m', Chi n a s W e) else None else None
    | Some (m, Chent n a s W L d), Some (m', Ceq d' e) => if Pos.eqb d d' then if lp_dec (rng d) (rng e) then Some (m && m', Chent n a s W L e) else None else None
    | _, _ => None end
| Shifun p q => match PM.find p cl, PM.find q cl with
    | Some (true, Ceq a b), Some (m, Chi n b' s W d) => if existsb (Pos.eqb s) vars && Pos.eqb b b' then if lp_dec (rng a) (rng b) then Some (m, Chi n a s W d) else None else None | _, _ => None end
| Sdecided a b => let r := length (rng a) in let I := seq 0 r in match get a, get b with
    | Some n, Some n' => match no n, nb n, na n, no n', nb n', na n' with
      | Osel c, [], [X; Y; u; v], Osel c', [], [X'; Y'; u'; v'] => if lp_dec (rng a) (rng b) then if cmp_dec c c' then if (eqe r X X' && eqe r Y Y') && (alike r c X Y true 60 u u' && alike r c X Y false 60 v v') then Some (true, Ceq a b) else None else None else None
      | _, _, _, _, _, _ => None end | _, _ => None end
| Schoice a b x opq => match get a with Some n => match no n, nb n, na n with Osel c, [], [X; Y; u; v] => let '(other, ts) := indicator c in
    if lp_dec (rng a) (rng b) then if existsb (fun t => tmatch (length (rng a)) X Y t x) ts && zero [] 1 opq (rng a) ((if other then choice_poly x v u else choice_poly x u v) ++ one (-1) b (length (rng a))) then Some (true, Ceq a b) else None else None
    | _, _, _ => None end | None => None end
| Ssettled a b q den opq ps => match gath ps, get a with Some bl, Some n => match no n, nb n, na n with Osel c, [], [X; Y; u; v] => let r := length (rng a) in
    if lp_dec (rng a) (rng b) then if eqe r (if decides c q then u else v) (b, seq 0 r) && zero (map snd bl) den opq (rng a) [M 1 [] [efac X]; M (-1) [] [efac Y]; M (- q) [] []] then Some (forallb fst bl, Ceq a b) else None else None
    | _, _, _ => None end | _, _ => None end
| Sapart i j a b den opq ps => match gath ps with None => None | Some bl => let r := length (rng a) in let d := one 1 a r ++ one (-1) b r in
   if lp_dec (rng a) (rng b) then if zero (map snd bl) den opq (rng a) (d ++ map (where_same i j) d) then Some (forallb fst bl, Capart i j a b) else None else None end
| Sweaken p i j => match PM.find p cl with Some (m, Ceq a b) => Some (m, Capart i j a b) | _ => None end
| Scases p q => match PM.find p cl, PM.find q cl with Some (m, Capart i j a b), Some (m', Ceq x y) => match get x, get y with Some n, Some n' => match no n, nb n, na n, no n', nb n', na n' with
    | Oid, [], [(a', L)], Oid, [], [(b', L')] => let r := length (rng a) in let J := seq 0 j ++ seq (S j) (r - S j) in
      if lp_dec (nr n) (nr n') then if ln_dec L L' then if ln_dec (comp r J L) (map (fun k => if Nat.eqb k j then i else k) (seq 0 r)) then if Pos.eqb a a' && (Pos.eqb b b' && lab_ok (rng a) J (nr n)) then Some (m && m', Ceq a b) else None else None else None else None
    | _, _, _, _, _, _ => None end | _, _ => None end | _, _ => None end
| Sonce n c z p => match get n, PM.find p cl with Some m, Some (md, Csgn Pos v) => match extremum m with Some (_, b, ls) => let w := length (nr m) in let I := seq 0 w in
    if counts n m b ls c && (is_one w z && (some_of (nb m) && (tmatch w (c, I) (c, I) (TAdd (num 2) (neg TX)) (v, I) || tmatch w (c, I) (c, I) (TAdd (neg TX) (num 2)) (v, I)))) then if lp_dec (rng v) (nr m) then Some (md, Ceq c z) else None else None
    | None => None end | _, _ => None end
| Sattained r n c => match get n with Some m => match extremum m with Some (_, b, ls) => if counts n m b ls c && (some_of (nb m) && implies Pos r) then Some (true, Csgn r c) else None | None => None end | None => None end
| Sany _ _ _ _ _ _ | Sstays _ _ _ _ => None
end.
End CK.
(* --- proofs inside of a proof: what `run` finds that some steps prove from some hypotheses *)
Definition lasts (r : rel) : bool := match r with Pos | Nonzero | Not_integer => true | _ => false end.
Definition stays (l : list claim) (s : positive) (W : list positive) (c : claim) : bool := match c with Ceq a b => negb (dp s a) && negb (dp s b)
 | Csgn r a => negb (dp s a) || (lasts r && (ct a || match dlook l s W a with Some _ => true | None => false end)) | _ => false end.
Fixpoint chosen (hs : list claim) (ks : list nat) : option (list claim) := match ks with [] => Some []
 | k :: ks => match nth_error hs k, chosen hs ks with Some c, Some r => Some (c :: r) | _, _ => None end end.
Section INNER.
Variable run : list claim -> list step -> option claim.
Definition check_inner (hs : list claim) (cl : PM.t (bool * claim)) (st : step) : option (bool * claim) := match st with
| Sany u m z above below at_zero => if lp_dec (rng u) [] then if lp_dec (rng m) [] then if tmatch 0 (u, []) (u, []) (neg TX) (m, []) && tmatch 0 (u, []) (u, []) (num 0) (z, []) then
    match run (Csgn Pos u :: hs) above, run (Csgn Pos m :: hs) below, run (Ceq u z :: hs) at_zero with
    | Some (Ceq a b), Some (Ceq a1 b1), Some (Ceq a2 b2) => if (Pos.eqb a a1 && Pos.eqb b b1) && (Pos.eqb a a2 && Pos.eqb b b2) then Some (false, Ceq a b) else None
    | _, _, _ => None end else None else None else None
| Sstays q ks ps first => match PM.find q cl, gath cl ps, chosen hs ks with Some (m, Cder b s W d), Some bl, Some hs' =>
    if existsb (Pos.eqb s) vars && forallb (stays (map snd bl) s W) hs' then match run hs' first with
    | Some c => match order_of c with Some (n, a, s', W', b') => if Pos.eqb s s' && Pos.eqb b b' then if lp_dec W W' then if lp_dec (rng b) (rng a ++ many (S n) W) then Some (false, Chi (S n) a s W d) else None else None else None | None => None end
    | None => None end else None
    | _, _, _ => None end
| _ => check1 hs cl st end.
End INNER.
Fixpoint check (depth : nat) (hs : list claim) := fix go (cl : PM.t (bool * claim)) (n : positive) (ss : list step) : option (PM.t (bool * claim)) := match ss with
 | [] => Some cl
 | st :: r => match check_inner (fun hs ss => match depth with O => None | S depth => match check depth hs (PM.empty _) 1%positive ss with
     | Some cl => match PM.find (Pos.of_nat (length ss)) cl with Some (_, c) => Some c | None => None end | None => None end end) hs cl st with
   | Some c => go (PM.add n c cl) (Pos.succ n) r | None => None end end.
(* --- what it all means *)
Variable dv : positive -> nat.
Notation lk := (index_at dv).
Variable Fn : positive -> list R -> R.
Hypothesis Hgeo : fine_geometry dv gm.
Hypothesis Hfn : List.Forall (differentiates Fn) ders.
Variable RG : arrs -> Prop.
Hypothesis opn : forall A s p, In s vars -> RG A -> locally (A s p) (fun t => RG (updl A s p t)).
Variable val : arrs -> id -> list nat -> R.
Hypothesis model : forall a n, get a = Some n -> forall A e, val A a e = ev dv Fn A (val A) n e.
Hypothesis ctok : forall a, ct a = true -> forall A s p e x, continuous (fun t => val (updl A s p t) a e) x.
Hypothesis dpok : forall s a, dp s a = false -> forall A p t e, val (updl A s p t) a e = val A a e.
Notation inD D e := (inr (map dv D) e).
(* the partial derivatives of F by the entries ps of s, the first of them taken first *)
Fixpoint higher (s : positive) (F : arrs -> R) (ps : list (list nat)) : arrs -> R := match ps with [] => F
 | p :: r => higher s (fun A => Derive (fun t => F (updl A s p t)) (A s p)) r end.
(* that those of lower order exist near: of the entries rs, the last of them taken first *)
Fixpoint earlier (s : positive) (F : arrs -> R) (rs : list (list nat)) (A : arrs) : Prop := match rs with [] => True
 | p :: r => let E := ex_derive (fun t => higher s F (rev r) (updl A s p t)) (A s p) in match r with [] => E | _ => E /\ locally (A s p) (fun t => earlier s F r (updl A s p t)) end end.
Definition sem (A : arrs) (c : claim) : Prop := match c with
 | Ceq a b => forall e, inD (rng a) e -> val A a e = val A b e
 | Csgn r a => forall e, inD (rng a) e -> rv r (val A a e)
 | Cder a s W d => forall e p, inD (rng a) e -> inD W p -> is_derive (fun t => val (updl A s p t) a e) (A s p) (val A d (e ++ p))
 | Cent a s W L d => forall e, inD (rng d) e -> is_derive (fun t => val (updl A s (map (lk e) L) t) a (firstn (length (rng a)) e)) (A s (map (lk e) L)) (val A d e)
 | Chent n a s W L d => forall e, inD (rng d) e -> let q := map (lk e) L in let p := skipn (n * length W) q in
    is_derive (fun t => higher s (fun A => val A a (firstn (length (rng a)) e)) (chop (length W) n q) (updl A s p t)) (A s p) (val A d e) /\
    locally (A s p) (fun t => earlier s (fun A => val A a (firstn (length (rng a)) e)) (rev (chop (length W) n q)) (updl A s p t))
 | Chi n a s W d => forall e ps p, inD (rng a) e -> length ps = n -> List.Forall (fun q => inD W q) ps -> inD W p ->
    is_derive (fun t => higher s (fun A => val A a e) ps (updl A s p t)) (A s p) (val A d (e ++ concat ps ++ p)) /\
    locally (A s p) (fun t => earlier s (fun A => val A a e) (rev ps) (updl A s p t))
 | Capart i j a b => forall e, inD (rng a) e -> lk e i <> lk e j -> val A a e = val A b e end.
Hypothesis Hreg : forall A, RG A -> forall n c, nth_error regs n = Some c -> sem A c.
Lemma map_seq_lk e n : length e = n -> map (lk e) (seq 0 n) = e.
Proof. intros <-. apply nth_ext with 0%nat 0%nat. now rewrite map_length, seq_length. intros k Hk. rewrite map_length, seq_length in Hk.
  rewrite (nth_indep _ 0%nat (lk e 0)) by now rewrite map_length, seq_length. rewrite map_nth, seq_nth by easy. now apply nth_indep. Qed.
Section AT.
Variable A : arrs. Variable l : list claim.
Hypothesis Hl : forall c, In c l -> sem A c.
Lemma Gof_ok den opq a p : Gof den opq l a = Some p -> forall e, inD (rng a) e -> val A a e = pv dv (val A) p e.
Proof. unfold Gof. destruct (existsb _ opq); [easy|]. intros H e He.
  assert (N : match get a with Some n => npoly den n | None => None end = Some p -> val A a e = pv dv (val A) p e).
  { destruct (get a) as [n|] eqn:E; [|easy]. intro P. rewrite (model _ _ E). now apply (npoly_ok _ _ _ _ den). }
  destruct (find _ l) as [c|] eqn:F; [|auto]. apply find_some in F as [I F]. destruct c; try discriminate; auto. apply andb_prop in F as [F _]. apply Pos.eqb_eq in F. subst a0. injection H as <-.
  rewrite (Hl _ I e He). unfold pv, mv; cbn [mc md mf map msum pf fv hv pw]. rewrite Q2R_1, app_nil_r, map_seq_lk. ring. apply inr_len in He. easy. Qed.
Lemma implies_ok r r' v : implies r r' = true -> rv r v -> rv r' v.
Proof. unfold implies. destruct (rel_dec r r'); [now subst|]. destruct r, r'; try easy; cbn; intros; lra. Qed.
Lemma rconst_ok r c : rconst r c = true -> rv r (qv c).
Proof. assert (P : 0 < / IZR (Zpos (Qden c))) by (apply Rinv_0_lt_compat, IZR_lt; lia). destruct r; try easy; cbn [rconst rv]; intro H; rewrite ?qvR; unfold Q2R.
  - apply Rmult_lt_0_compat; [|easy]. apply IZR_lt. now apply Z.ltb_lt.
  - apply Rmult_le_pos; [|now apply Rlt_le]. apply IZR_le. now apply Z.leb_le.
  - apply Rmult_integral_contrapositive_currified; [|lra]. apply not_0_IZR. intro E. now rewrite E in H.
  - apply Pos.eqb_eq in H. exists (Qnum c). unfold Q2R. rewrite H. field. Qed.
Lemma not_first_ok c : not_first c = true -> (0 < place dv c)%nat.
Proof. unfold not_first, place. destruct (Pos.of_succ_nat c) as [p|p|]; intro H; [exact (within_ok _ _ Hgeo _ _ H)|apply Pos.ltb_lt in H; lia|exact (within_ok _ _ Hgeo _ _ H)]. Qed.
Lemma leaf_sign_ok r n e : leaf_sign r n = true -> rv r (ev dv Fn A (val A) n e).
Proof. unfold leaf_sign, ev. destruct (no n); destruct r; try easy; intro H; try (now apply rconst_ok); cbn [rv]; try (eexists; apply INR_IZR_INZ); try (unfold delta; destruct (Nat.eqb _ _); now eexists); try (unfold delta; destruct (Nat.eqb _ _); lra);
  try (apply (within_ok _ _ Hgeo), lt_0_INR in H; lra); try (apply not_first_ok in H; assert (0 < INR (place dv lo + lk e 0)) by (apply lt_0_INR; lia); lra); try apply pos_INR; try (pose proof PI_RGT_0; lra). Qed.
Lemma kn_ok r a : kn l r a = true -> forall e, inD (rng a) e -> rv r (val A a e).
Proof. unfold kn. intros H e He. apply orb_prop in H as [H|H].
  - apply existsb_exists in H as (c & I & E). destruct c; try discriminate. apply andb_prop in E as [E1 E2]. apply Pos.eqb_eq in E1; subst. apply (implies_ok _ _ _ E2). now apply (Hl _ I e).
  - destruct (get a) as [n|] eqn:E; [|easy]. rewrite (model _ _ E). apply orb_prop in H as [H|H]; [now apply leaf_sign_ok|]. unfold leaf_power in H. destruct n as [o r0 b0 a0]; cbn [no nb na] in H. destruct o; try discriminate. destruct b0; [|discriminate]. destruct a0 as [|[b ls] [|]]; try discriminate. apply andb_prop in H as [H1 H2]. destruct (get b) as [m|] eqn:E2; [|discriminate].
    apply (implies_ok _ _ _ H1). unfold ev; cbn [no nb na map msum opv hd fst snd rv]. rewrite (model _ _ E2). apply qpow_pos. exact (leaf_sign_ok Pos m _ H2). Qed.
Lemma rng_get a n : get a = Some n -> rng a = nr n. Proof. unfold rng. now intros ->. Qed.
Lemma swaps_of_ok a p : In (a, p) (swaps_of l) -> forall e, inD (rng a) e -> val A a (map (lk e) p) = val A a e.
Proof. intros I e He. apply in_flat_map in I as (c & I & J). destruct c; try easy. destruct (get a0) as [[o r b1 al]|] eqn:E; [|easy]. cbn [no nr nb na] in J. destruct o; try easy. destruct b1; [|easy]. destruct al as [|[a' p'] [|]]; try easy. destruct (Pos.eqb_spec b a'); [subst a'|easy]. destruct (lp_dec _ _) as [RR|]; [|easy]. cbn [andb] in J. destruct J as [J|[]]. injection J as <- <-.
  pose proof (Hl _ I) as S. cbn [sem] in S. rewrite (rng_get _ _ E) in S. cbn [nr] in S. rewrite RR in S. rewrite <- (S e He), (model _ _ E). unfold ev; cbn [no nb na map msum opv sm fst snd]. now rewrite app_nil_r. Qed.
Lemma pwof_ok opq a k b : pwof opq l a = Some (k, b) -> (0 < k)%Z /\ forall e, inD (rng a) e -> pw (val A a e) k = val A b e.
Proof. unfold pwof. destruct (existsb _ opq); [easy|]. destruct (find _ l) as [c|] eqn:F; [|easy]. apply find_some in F as [I F]. destruct c; try discriminate. destruct (get a0) as [n|] eqn:E; [|easy].
  destruct n as [o r0 bb a1]; cbn [no nb na nr] in *. destruct o; try easy. destruct bb; [|easy]. destruct a1 as [|[a' ls] [|]]; try easy. intro H. injection H as <- <-.
  apply andb_prop in F as [F1 F]. apply andb_prop in F as [F2 F]. apply andb_prop in F as [F3 F]. apply andb_prop in F as [F4 F5]. apply Pos.eqb_eq in F1, F2. apply Z.leb_le in F3. subst a'.
  destruct (ln_dec _ _); [subst|easy]. destruct (lp_dec _ _); [|easy]. subst r0. split; [lia|]. intros e He. assert (R0 : inD (rng a0) e) by (unfold rng at 1; rewrite E; exact He). specialize (Hl _ I e R0). rewrite (model _ _ E) in Hl. rewrite <- Hl. unfold ev; cbn [no nb na map msum opv hd fst snd].
  rewrite app_nil_r, map_seq_lk by now apply inr_len in He. unfold qpow. rewrite F2. reflexivity. Qed.
Lemma eqof_ok a b : eqof l a b = true -> forall e, inD (rng a) e -> val A a e = val A b e.
Proof. unfold eqof. intros H e He. apply orb_prop in H as [H|H]. apply Pos.eqb_eq in H. now subst. apply existsb_exists in H as (c & I & E). destruct c; try discriminate.
  apply andb_prop in E as [E1 E2]. apply Pos.eqb_eq in E1, E2; subst. now apply (Hl _ I e). Qed.
Lemma moved_of_ok a ss c ls : moved_of a = Some (ss, c, ls) -> forall e, val A a e = val A c (further dv ss (map (lk e) ls)).
Proof. unfold moved_of. destruct (get a) as [[o r b al]|] eqn:E; [|easy]. cbn [no na]. destruct o; try easy. destruct al as [|[c' ls'] [|]]; try easy. intros H e. injection H as <- <- <-. rewrite (model _ _ E). reflexivity. Qed.
Lemma delta_node_ok c : delta_node c = true -> forall e, val A c e = delta (lk e 0) (lk e 1).
Proof. unfold delta_node. destruct (get c) as [[o r b al]|] eqn:E; [|easy]. cbn [no]. destruct o; try easy. intros _ e. rewrite (model _ _ E). reflexivity. Qed.
Lemma zero_ok den opq fd p e : zero l den opq fd p = true -> inD fd e -> pv dv (val A) p e = 0.
Proof. unfold zero. generalize 60%nat, 600%nat. intros n m H He. apply orb_prop in H as [H|H]; exact (solve_ok dv gm rng (Gof den opq l) (kn l) (pwof opq l) (swaps_of l) moved_of delta_node (readers_of l) _ (val A) Hgeo (Gof_ok den opq) kn_ok swaps_of_ok moved_of_ok delta_node_ok (pwof_ok opq) n m fd p e H He). Qed.
Lemma one_ok c d n e : length e = n -> pv dv (val A) (one c d n) e = Q2R c * val A d e.
Proof. intro L. unfold one, pv, mv; cbn [mc md mf map msum pf fv hv pw]. rewrite app_nil_r, map_seq_lk by easy. ring. Qed.
(* --- matching *)
Definition at_ (e : list nat) (x : edge) := val A (fst x) (map (lk e) (snd x)).
Lemma comp_ok L bl e : map (lk (map (lk e) L)) bl = map (lk e) (comp (length e) L bl).
Proof. unfold comp. rewrite map_map. apply map_ext. intro. apply sp_ok_0. Qed.
Lemma direct_ok k e : forall a L, at_ e (direct k (length e) a L) = at_ e (a, L).
Proof. induction k; intros a L; cbn [direct]; [easy|]. destruct (get a) as [[o r b al]|] eqn:E; [|easy]. cbn [no nb na]. destruct o; try easy. destruct b; [|easy]. destruct al as [|[b bl] [|]]; try easy.
  rewrite IHk. unfold at_; cbn [fst snd]. rewrite (model _ _ E). unfold ev; cbn [no nb na map msum opv fst snd sm]. now rewrite app_nil_r, comp_ok. Qed.
Lemma eqe_ok x y e : eqe (length e) x y = true -> at_ e x = at_ e y.
Proof. unfold eqe. intro H. rewrite (surjective_pairing x), (surjective_pairing y). rewrite <- (direct_ok 60 e (fst x)), <- (direct_ok 60 e (fst y)). destruct (direct 60 _ (fst x) (snd x)) as [a L], (direct 60 _ (fst y) (snd y)) as [b K]. cbn [fst snd] in H.
  apply andb_prop in H as [H1 H2]. apply Pos.eqb_eq in H1. destruct (ln_dec L K); [now subst|easy]. Qed.
Lemma tmatch_ok X Y e t : forall x, tmatch (length e) X Y t x = true -> at_ e x = tv (at_ e X) (at_ e Y) t.
Proof. assert (S : forall u (IH : forall x, tmatch (length e) X Y u x = true -> at_ e x = tv (at_ e X) (at_ e Y) u) L bl b, tmatch (length e) X Y u (b, comp (length e) L bl) = true -> val A b (map (lk (map (lk e) L)) bl) = tv (at_ e X) (at_ e Y) u).
  { intros u IH L bl b H. rewrite comp_ok. exact (IH _ H). }
  assert (N : forall u x, (forall o r al a L, direct 60 (length e) (fst x) (snd x) = (a, L) -> get a = Some (Nd o r [] al) -> tmatch (length e) X Y u x = true -> u <> TX -> u <> TY -> ev dv Fn A (val A) (Nd o r [] al) (map (lk e) L) = tv (at_ e X) (at_ e Y) u) -> u <> TX -> u <> TY -> tmatch (length e) X Y u x = true -> at_ e x = tv (at_ e X) (at_ e Y) u).
  { intros u x K U1 U2 H. rewrite (surjective_pairing x). rewrite <- (direct_ok 60 e). destruct (direct 60 _ (fst x) (snd x)) as [a L] eqn:D.
    assert (G : exists o r al, get a = Some (Nd o r [] al)). { destruct u; [now elim U1|now elim U2|..]; cbn [tmatch] in H; rewrite D in H; (destruct (get a) as [[o r bb al]|]; [|discriminate H]); cbn [no nb na] in H; (destruct bb; [|discriminate H]); now exists o, r, al. }
    destruct G as (o & r & al & G). unfold at_ at 1; cbn [fst snd]. rewrite (model _ _ G). now apply K with a. }
  induction t; intros x H; try exact (eqe_ok _ _ _ H);
    (refine (N _ x _ _ _ H); [|discriminate|discriminate]; intros o r0 al a L D G H' _ _; cbn [tmatch] in H'; rewrite D, G in H'; cbn [no nb na] in H'; destruct o; try discriminate H'; cbn [tv]; unfold ev; cbn [no nb na map msum opv]; rewrite ?app_nil_r).
  - match type of H' with context[q_dec ?u ?v] => destruct (q_dec u v) as [K|]; [|easy] end. cbn [ev] in *. now rewrite K.
  - reflexivity.
  - destruct al as [|[b bl] [|[b' bl'] [|]]]; try discriminate H'. apply andb_prop in H' as [H1 H2]. cbn [map fst snd sm]. now rewrite (S _ IHt1 _ _ _ H1), (S _ IHt2 _ _ _ H2).
  - destruct al as [|[b bl] [|[b' bl'] [|]]]; try discriminate H'. apply andb_prop in H' as [H1 H2]. cbn [map fst snd pr]. now rewrite (S _ IHt1 _ _ _ H1), (S _ IHt2 _ _ _ H2).
  - destruct al as [|[b bl] [|]]; try discriminate H'. apply andb_prop in H' as [H1 H2]. match type of H1 with context[q_dec ?u ?v] => destruct (q_dec u v) as [K|]; [|easy] end. cbn [map fst snd hd]. rewrite K. now rewrite (S _ IHt _ _ _ H2).
  - destruct al as [|[b bl] [|]]; try discriminate H'. apply andb_prop in H' as [H1 H2]. match type of H1 with context[un_dec ?u ?v] => destruct (un_dec u v) as [K|]; [|easy] end. cbn [map fst snd hd]. rewrite K. now rewrite (S _ IHt _ _ _ H2).
  - destruct al as [|[ba bl] [|[b' bl'] [|]]]; try discriminate H'. apply andb_prop in H' as [H1 H2]. apply andb_prop in H2 as [H2 H3]. match type of H1 with context[bi_dec ?u ?v] => destruct (bi_dec u v) as [K|]; [|easy] end. cbn [map fst snd hd nth]. rewrite K. now rewrite (S _ IHt1 _ _ _ H2), (S _ IHt2 _ _ _ H3).
  - destruct al as [|[b1 l1] [|[b2 l2] [|[b3 l3] [|[b4 l4] [|]]]]]; try discriminate H'. apply andb_prop in H' as [H1 H2]. apply andb_prop in H2 as [H2 H3]. apply andb_prop in H2 as [H2 H4], H3 as [H3 H5]. match type of H1 with context[cmp_dec ?u ?v] => destruct (cmp_dec u v) as [K|]; [|easy] end. cbn [map fst snd hd nth]. rewrite K.
    now rewrite (S _ IHt1 _ _ _ H2), (S _ IHt2 _ _ _ H4), (S _ IHt3 _ _ _ H3), (S _ IHt4 _ _ _ H5). Qed.
Lemma by_same_ok c c' x y p q s1 s2 sense : by_same c c' s1 s2 = Some sense -> (s1 = true -> p = x /\ q = y) -> (s2 = true -> p = y /\ q = x) ->
  forall u v, choose c' p q u v = if sense then choose c x y u v else choose c x y v u.
Proof. intros H S1 S2 u v. destruct c, c', s1, s2; cbn [by_same] in H; try discriminate; injection H as <-;
  (destruct (S1 eq_refl) as [-> ->] + destruct (S2 eq_refl) as [-> ->]); cbn [choose]; solve [repeat match goal with |- context[if ?d then _ else _] => destruct d end; easy || lra]. Qed.
Lemma at_node e x n : get (fst x) = Some n -> at_ e x = ev dv Fn A (val A) n (map (lk e) (snd x)).
Proof. intro G. unfold at_. now apply model. Qed.
Lemma args_ok e (same : edge -> edge -> bool) (x y : edge) (al al' : list edge) : (forall a b, same a b = true -> at_ e a = at_ e b) ->
  forall2b (fun a b => same (fst a, comp (length e) (snd x) (snd a)) (fst b, comp (length e) (snd y) (snd b))) al al' = true ->
  map (fun al => val A (fst al) (map (lk (map (lk e) (snd x) ++ [])) (snd al))) al = map (fun al => val A (fst al) (map (lk (map (lk e) (snd y) ++ [])) (snd al))) al'.
Proof. intros S. rewrite !app_nil_r. revert al'. induction al as [|a al IH]; intros [|a' al'] H; try easy. cbn [forall2b] in H. apply andb_prop in H as [H1 H2]. cbn [map]. rewrite (IH _ H2). f_equal. rewrite !comp_ok. exact (S _ _ H1). Qed.
Lemma same_operation_ok e x y : same_operation (length e) x y = true -> at_ e x = at_ e y.
Proof. unfold same_operation. intro H. rewrite (surjective_pairing x), (surjective_pairing y). rewrite <- (direct_ok 60 e (fst x)), <- (direct_ok 60 e (fst y)). set (x0 := direct _ _ (fst x) _) in *. set (y0 := direct _ _ (fst y) _) in *. cbv zeta in H.
  destruct (get (fst x0)) as [[o r b al]|] eqn:G; [|easy]. destruct (get (fst y0)) as [[o' r' b' al']|] eqn:G'; [|easy]. cbn [no nb na] in H. destruct b; [|easy]. destruct b'; [|easy]. rewrite (at_node _ _ _ G), (at_node _ _ _ G').
  destruct o; try discriminate H; apply andb_prop in H as [H1 H2]; (destruct (op_dec' _ o') as [<-|]; [|discriminate]); apply (args_ok e _ _ _ _ _ (fun a b => eqe_ok a b e)) in H2; unfold ev; cbn [no nb na map msum]; cbv zeta in H2 |- *; f_equal; exact H2. Qed.
Section DECIDED_OK.
Variables (e : list nat) (c : cmp) (X Y : edge) (first : bool).
Hypothesis taken : forall u v, choose c (at_ e X) (at_ e Y) u v = if first then u else v.
Lemma branch_ok x y : branch (length e) c X Y first x = Some y -> at_ e x = at_ e y.
Proof. unfold branch. destruct (get (fst x)) as [[o r b al]|] eqn:G; [|easy]. cbn [no nb na]. destruct o; try easy. destruct b; [|easy]. destruct al as [|[p lp] [|[q lq] [|[u lu] [|[v lv] [|]]]]]; try easy.
  set (P := (p, comp (length e) (snd x) lp)). set (Q := (q, comp (length e) (snd x) lq)). destruct (by_same _ _ _ _) as [sense|] eqn:B; [|easy]. intro H. injection H as <-.
  rewrite (at_node _ _ _ G). unfold ev; cbn [no nb na map msum opv hd nth fst snd]. rewrite app_nil_r, !comp_ok.
  change (val A p (map (lk e) (comp (length e) (snd x) lp))) with (at_ e P). change (val A q (map (lk e) (comp (length e) (snd x) lq))) with (at_ e Q).
  rewrite (by_same_ok _ _ (at_ e X) (at_ e Y) _ _ _ _ _ B).
  - rewrite !taken. now destruct sense, first.
  - intro E. apply andb_prop in E as [E1 E2]. split; now apply eqe_ok.
  - intro E. apply andb_prop in E as [E1 E2]. split; now apply eqe_ok. Qed.
Lemma alike_ok k : forall x y, alike (length e) c X Y first k x y = true -> at_ e x = at_ e y.
Proof. induction k; intros x y H; cbn [alike] in H; apply orb_prop in H as [H|H]; [exact (eqe_ok _ _ _ H)|discriminate H|exact (eqe_ok _ _ _ H)|].
  rewrite (surjective_pairing x), (surjective_pairing y). rewrite <- (direct_ok 60 e (fst x)), <- (direct_ok 60 e (fst y)). set (x0 := direct _ _ (fst x) _) in *. set (y0 := direct _ _ (fst y) _) in *. clearbody x0 y0. clear x y. rename x0 into x, y0 into y. cbv zeta in H.
  destruct (branch _ c X Y first x) as [x'|] eqn:B. rewrite (branch_ok _ _ B). now apply IHk. destruct (branch _ c X Y first y) as [y'|] eqn:B'. rewrite (branch_ok _ _ B'). now apply IHk.
  destruct (get (fst x)) as [[o r b al]|] eqn:G; [|easy]. destruct (get (fst y)) as [[o' r' b' al']|] eqn:G'; [|easy]. cbn [no nb na] in H. destruct b; [|easy]. destruct b'; [|easy].
  rewrite (at_node _ _ _ G), (at_node _ _ _ G').
  assert (E : (if op_dec' o o' then true else false) && forall2b (fun a b => alike (length e) c X Y first k (fst a, comp (length e) (snd x) (snd a)) (fst b, comp (length e) (snd y) (snd b))) al al' = true ->
    o = o' /\ map (fun al => val A (fst al) (map (lk (map (lk e) (snd x) ++ [])) (snd al))) al = map (fun al => val A (fst al) (map (lk (map (lk e) (snd y) ++ [])) (snd al))) al').
  { clear H. intro H. apply andb_prop in H as [H1 H2]. destruct (op_dec' o o'); [|easy]. split; [easy|]. rewrite !app_nil_r. clear G G' B B'. revert al' H2. induction al as [|a al IHa]; intros [|a' al'] H2; try easy.
    cbn [forall2b] in H2. apply andb_prop in H2 as [H2 H3]. cbn [map]. rewrite (IHa _ H3). f_equal. rewrite !comp_ok. exact (IHk _ _ H2). }
  destruct o; try discriminate H; apply E in H as [<- M]; unfold ev; cbn [no nb na map msum]; cbv zeta in M |- *; f_equal; exact M. Qed.
End DECIDED_OK.
Lemma tmatch_in X Y D e t x : inD D e -> tmatch (length D) X Y t x = true -> at_ e x = tv (at_ e X) (at_ e Y) t.
Proof. intros He H. rewrite <- (inr_len _ _ _ He) in H. now apply tmatch_ok. Qed.
Lemma conds_ok_ok D X Y cs : forall es e, conds_ok l D X Y cs es = true -> inD D e -> Functions.holds (at_ e X) (at_ e Y) cs.
Proof. induction cs as [|[r t] cs IH]; intros [|c es] e H He; try discriminate; [constructor|]. cbn in H. apply andb_prop in H as [H1 H2]. constructor; [|now apply (IH es)]. unfold cond_ok in H1. cbn [fst snd] in *.
  apply andb_prop in H1 as [K1 H1]. apply andb_prop in H1 as [K2 K3]. rewrite <- (tmatch_in _ _ _ _ _ _ He K3). apply (kn_ok _ _ K1). now apply (lab_inr dv gm Hgeo D e (snd c)). Qed.
Lemma extremum_ok m r b ls : extremum m = Some (r, b, ls) -> no m = Ored r /\ na m = [(b, ls)] /\ r <> Eprod.
Proof. unfold extremum. destruct (no m); try easy. destruct r0; try easy; destruct (na m) as [|[x y] [|]]; try easy; intro H; injection H as <- <- <-; repeat split; easy. Qed.
Lemma attains_ok n m r b ls y e k : get n = Some m -> extremum m = Some (r, b, ls) -> inD (nr m) e -> inD (nb m) k -> attains n m b ls y = true ->
  at_ (e ++ k) y = hit (val A b (map (lk (e ++ k)) ls)) (mred r (map dv (nb m)) (fun k => val A b (map (lk (e ++ k)) ls))).
Proof. intros G X He Hk H. destruct (extremum_ok _ _ _ _ X) as (O & N & _). unfold attains in H. apply (tmatch_in _ _ _ (e ++ k)) in H; [|now apply inr_app]. rewrite H. cbn [tv]. unfold at_; cbn [fst snd]. unfold qv; cbn [Qnum Qden choose].
  pose proof (inr_len _ _ _ He) as LE. assert (K : map (lk (e ++ k)) (seq 0 (length (nr m))) = e). { rewrite <- (map_seq_lk e (length (nr m)) LE) at 2. apply map_ext_in. intros x I. apply in_seq in I. apply lk_app_l. lia. }
  rewrite K, (model _ _ G A e). unfold ev. rewrite O, N. cbn [map sm fst snd]. unfold hit. now destruct (Req_EM_T _ _). Qed.
Lemma counts_ok n m r b ls c : get n = Some m -> extremum m = Some (r, b, ls) -> counts n m b ls c = true -> rng c = nr m /\ forall e, inD (nr m) e ->
  val A c e = msum (map dv (nb m)) (fun k => hit (val A b (map (lk (e ++ k)) ls)) (mred r (map dv (nb m)) (fun k => val A b (map (lk (e ++ k)) ls)))).
Proof. intros G X H. unfold counts in H. destruct (get c) as [[o r0 b0 a0]|] eqn:GC; [|discriminate]. cbn [no nb na nr] in H. destruct o; try discriminate. destruct a0 as [|y [|]]; try discriminate. apply andb_prop in H as [H1 H]. apply andb_prop in H1 as [H1 H2]. destruct (lp_dec r0 _) as [->|]; [|discriminate]. destruct (lp_dec b0 _) as [->|]; [|discriminate].
  split. unfold rng. now rewrite GC. intros e He. rewrite (model _ _ GC). unfold ev; cbn [no nb na map opv sm]. apply msum_ext. intros k Hk. exact (attains_ok n m r b ls y e k G X He Hk H). Qed.
Lemma is_one_ok w z e : length e = w -> is_one w z = true -> val A z e = 1.
Proof. intros L H. unfold is_one in H. rewrite <- L in H. apply tmatch_ok in H. unfold at_ in H; cbn [fst snd tv] in H. rewrite map_seq_lk in H by easy. rewrite H. reflexivity. Qed.
Lemma once_ok n m r b ls e : get n = Some m -> extremum m = Some (r, b, ls) -> once l n m b ls = true -> inD (nr m) e ->
  msum (map dv (nb m)) (fun k => hit (val A b (map (lk (e ++ k)) ls)) (mred r (map dv (nb m)) (fun k => val A b (map (lk (e ++ k)) ls)))) = 1.
Proof. intros G X H He. unfold once in H. apply existsb_exists in H as (c0 & I & H). destruct c0 as [c z| | | | | |]; try discriminate. apply andb_prop in H as [H1 H2]. destruct (counts_ok n m r b ls c G X H1) as [RC VC]. pose proof (Hl _ I) as EQ. cbn [sem] in EQ. rewrite RC in EQ. specialize (EQ e He). now rewrite (VC e He), (is_one_ok _ z e (inr_len _ _ _ He) H2) in EQ. Qed.
(* derivative *)
Variables (s : positive) (W : list positive).
Lemma dlook_ok a d : dlook l s W a = Some d -> match d with Some d => sem A (Cder a s W d) | None => forall p t e, val (updl A s p t) a e = val A a e end.
Proof. unfold dlook. destruct (dp s a) eqn:D; cbn [negb]; [|intro H; injection H as <-; intros; now apply dpok]. destruct (find _ l) as [c|] eqn:F; [|easy]. apply find_some in F as [I F]. destruct c; try discriminate. apply andb_prop in F as [F1 F]. apply andb_prop in F as [F2 F3].
  apply Pos.eqb_eq in F1, F2. destruct (lp_dec W W0); [|easy]. intro E. injection E as <-. subst. now apply Hl. Qed.
Definition qvl (q : list (Q * list fac)) e := fold_right (fun cf acc => Q2R (fst cf) * pf dv (val A) (snd cf) e + acc) 0 q.
Lemma pv_q q b e : pv dv (val A) (map (fun cf => M (fst cf) b (snd cf)) q) e = msum (map dv b) (fun l => qvl q (e ++ l)).
Proof. induction q; cbn [map pv qvl fold_right]. now rewrite msum_zero. rewrite IHq. unfold mv; cbn [mc md mf]. rewrite <- msum_scal, <- msum_plus. easy. Qed.
Lemma der_msum ds : forall (F : R -> list nat -> R) x L, (forall k, inr ds k -> is_derive (fun t => F t k) x (L k)) -> is_derive (fun t => msum ds (F t)) x (msum ds L).
Proof. induction ds; cbn; intros F x L HF. apply HF. constructor.
  refine (D_is_derive (D_bsum a (F := fun i t => msum ds (fun k => F t (i :: k))) (v := fun i => msum ds (fun k => F x (i :: k))) (l := fun i => msum ds (fun k => L (i :: k))) _)).
  intros i Hi. split; [easy|]. apply (IHds (fun t k => F t (i :: k))). intros k Hk. apply HF. now constructor. Qed.
Variables (D : list positive) (r : nat) (e p k : list nat).
Hypothesis Lr : length e = r.
Hypothesis Hp : inD W p.
Hypothesis HD : inD D (e ++ k).
Let E := (e ++ p) ++ k.
Let x := A s p.
Lemma lab_lk y : lk E (lab W r y) = lk (e ++ k) y.
Proof. unfold E, lab. pose proof (inr_len _ _ _ Hp) as LP. destruct (Nat.ltb_spec y r). rewrite <- app_assoc, !lk_app_l by lia. easy.
  rewrite !lk_app_r by (rewrite ?app_length; lia). f_equal. rewrite app_length. lia. Qed.
Lemma map_lab ls : map (lk E) (map (lab W r) ls) = map (lk (e ++ k)) ls.
Proof. rewrite map_map. apply map_ext. apply lab_lk. Qed.
Lemma map_W : map (lk E) (seq r (length W)) = p.
Proof. pose proof (inr_len _ _ _ Hp) as LP. rewrite <- LP. apply nth_ext with 0%nat 0%nat. now rewrite map_length, seq_length. intros j Hj. rewrite map_length, seq_length in Hj.
  rewrite (nth_indep _ 0%nat (lk E 0)) by now rewrite map_length, seq_length. rewrite map_nth, seq_nth by easy. unfold E. rewrite lk_app_l by (rewrite app_length; lia). rewrite lk_app_r by lia. replace (r + j - length e)%nat with j by lia. now apply nth_indep. Qed.
Lemma dfac_v d ls : fv dv (val A) E (dfac W r d ls) = val A d (map (lk (e ++ k)) ls ++ p).
Proof. unfold dfac. cbn [fv hv pw]. now rewrite map_app, map_lab, map_W. Qed.
Definition fa (al : id * list nat) t := val (updl A s p t) (fst al) (map (lk (e ++ k)) (snd al)).
Lemma fa_x al : fa al x = val A (fst al) (map (lk (e ++ k)) (snd al)).
Proof. unfold fa, x. now rewrite updl_id. Qed.
Definition dval d ls := match d with Some d => val A d (map (lk (e ++ k)) ls ++ p) | None => 0 end.
Lemma fa_d a ls d : lab_ok D ls (rng a) = true -> dlook l s W a = Some d -> is_derive (fa (a, ls)) x (dval d ls).
Proof. intros H1 H2. apply dlook_ok in H2. pose proof (lab_inr dv gm Hgeo D (e ++ k) ls (rng a) HD H1) as B. destruct d; [exact (H2 _ p B Hp)|]. apply is_derive_ext with (fun _ => val A a (map (lk (e ++ k)) ls)). intro; symmetry; apply H2. apply @is_derive_const. Qed.
Lemma steady_ok y : steady l s W D y = true -> continuous (fa y) x.
Proof. unfold steady. intro H. apply orb_prop in H as [H|H]. exact (ctok _ H A s p _ x). apply andb_prop in H as [H1 H2]. destruct (dlook l s W (fst y)) as [d|] eqn:F; [|easy]. destruct y as [a ls]. exact (der_continuous _ _ _ (fa_d a ls d H1 F)). Qed.
Lemma dsum_ok args : forall q, dsum l s W D r args = Some q -> is_derive (fun t => sm (map (fun al => fa al t) args)) x (qvl q E).
Proof. induction args as [|[a ls] t IH]; cbn [dsum]; intros q H. injection H as <-. exact (is_derive_const 0 x).
  destruct (lab_ok D ls (rng a)) eqn:B; [|easy]. destruct (dlook l s W a) as [d|] eqn:F; [|easy]. pose proof (fa_d _ _ _ B F) as G0.
  destruct (dsum l s W D r t) as [q'|] eqn:Q; [|now destruct d]. specialize (IH _ eq_refl).
  apply is_derive_ext with (fun t0 => fa (a, ls) t0 + sm (map (fun al => fa al t0) t)). intro; cbn [map]; now rewrite sm_cons.
  evar_last. apply @is_derive_plus; [exact G0|exact IH]. change (dval d ls + qvl q' E = qvl q E). destruct d; injection H as <-; unfold dval. cbn [qvl fold_right fst snd pf]. fold (qvl q' E). rewrite dfac_v, Q2R_1. ring. ring. Qed.
Lemma pf_rest t : pf dv (val A) (map (fun al => (Hn (fst al), map (lab W r) (snd al), 1%Z)) t) E = pr (map (fun al => fa al x) t).
Proof. induction t; cbn [map pf]. easy. rewrite pr_cons, IHt, fa_x. cbn [fv hv pw]. now rewrite map_lab. Qed.
Lemma dprod_ok args : forall pre q, dprod l s W D r pre args = Some q -> exists d, is_derive (fun t => pr (map (fun al => fa al t) args)) x d /\ qvl q E = pf dv (val A) pre E * d.
Proof. induction args as [|[a ls] t IH]; cbn [dprod]; intros pre q H. injection H as <-. exists 0. split. exact (is_derive_const 1 x). cbn. ring.
  destruct (lab_ok D ls (rng a)) eqn:B; [|easy]. destruct (dlook l s W a) as [d|] eqn:F; [|easy]. pose proof (fa_d _ _ _ B F) as G0.
  destruct (dprod l s W D r _ t) as [q'|] eqn:Q; [|now destruct d]. destruct (IH _ _ Q) as (d2 & G2 & E2).
  exists (dval d ls * pr (map (fun al => fa al x) t) + fa (a, ls) x * d2). split.
  - apply is_derive_ext with (fun t0 => fa (a, ls) t0 * pr (map (fun al => fa al t0) t)). intro; cbn [map]; now rewrite pr_cons.
    apply (is_derive_mult (fa (a, ls)) (fun t0 => pr (map (fun al => fa al t0) t)) x _ _ G0 G2). intros; apply Rmult_comm.
  - assert (E3 : pf dv (val A) ((Hn a, map (lab W r) ls, 1%Z) :: pre) E = fa (a, ls) x * pf dv (val A) pre E) by (cbn [pf fv hv pw]; now rewrite map_lab, fa_x).
    rewrite E3 in E2. destruct d; injection H as <-; unfold dval.
    + cbn [qvl fold_right fst snd pf]. fold (qvl q' E). rewrite E2, pf_app, pf_rest, dfac_v, Q2R_1. ring.
    + rewrite E2. ring. Qed.
Lemma at_lab y : at_ (e ++ k) y = val A (fst y) (map (lk E) (map (lab W r) (snd y))). Proof. unfold at_. now rewrite map_lab. Qed.
Lemma factors_ok X Y ts : forall es, factors D X Y ts es = true -> pf dv (val A) (map (fun y => (Hn (fst y), map (lab W r) (snd y), 1%Z)) es) E = pl (at_ (e ++ k) X) (at_ (e ++ k) Y) ts.
Proof. induction ts as [|t ts IH]; intros [|y es] H; try discriminate; [easy|]. cbn in H. apply andb_prop in H as [H1 H2]. apply andb_prop in H1 as [H1 H3]. cbn [map pf pl]. rewrite (IH _ H2). f_equal.
  rewrite <- (tmatch_in _ _ _ _ _ _ HD H3). cbn [fv hv pw fst snd]. now rewrite at_lab. Qed.
Fixpoint gsum X Y (args : list edge) (tss : list (list tm)) (ds : list R) : R := match args, tss, ds with a :: args, ts :: tss, d :: ds => pl X Y ts * d + gsum X Y args tss ds | _, _, _ => 0 end.
Lemma dfun_ok X Y args : forall tss parts q, dfun l s W D r X Y args tss parts = Some q ->
  exists ds, Forall2 (fun al d => is_derive (fa al) x d) args ds /\ length tss = length args /\ qvl q E = gsum (at_ (e ++ k) X) (at_ (e ++ k) Y) args tss ds.
Proof. induction args as [|[a ls] args IH]; intros [|ts tss] [|es parts] q H; try discriminate; cbn [dfun] in H. injection H as <-. exists []. repeat split. constructor.
  destruct (lab_ok D ls (rng a)) eqn:B; [|easy]. destruct (dlook l s W a) as [d|] eqn:F; [|easy]. pose proof (fa_d _ _ _ B F) as G0.
  destruct (dfun l s W D r X Y args tss parts) as [q'|] eqn:Q; [|now destruct d]. destruct (IH _ _ _ Q) as (ds & F2 & LT & V). exists (dval d ls :: ds). split; [now constructor|]. split; [cbn; congruence|]. cbn [gsum].
  destruct d as [d|]; unfold dval.
  - destruct (factors D X Y ts es) eqn:FF; [|easy]. injection H as <-. cbn [qvl fold_right fst snd pf]. fold (qvl q' E). rewrite V, dfac_v, (factors_ok _ _ _ _ FF), Q2R_1. ring.
  - injection H as <-. rewrite V. ring. Qed.
Lemma called_ok f all y : called D f all y = true -> at_ (e ++ k) y = Fn f (map (fun al => fa al x) all).
Proof. unfold called. cbv zeta. intro H. apply andb_prop in H as [_ H]. pose proof (inr_len _ _ _ HD) as LD. rewrite <- LD in H. rewrite (surjective_pairing y). rewrite <- (direct_ok 60 (e ++ k)). set (z := direct _ _ (fst y) (snd y)) in *.
  destruct (get (fst z)) as [[o r0 b al]|] eqn:G; [|easy]. cbn [no nb na] in H. destruct o; try discriminate. destruct b; [|discriminate]. apply andb_prop in H as [H1 H2]. apply Pos.eqb_eq in H1. subst f0. rewrite (at_node _ _ _ G). unfold ev; cbn [no nb na map msum opv]. f_equal. rewrite app_nil_r. clear G.
  revert all H2. induction al as [|a al IH]; intros [|a' all] H2; try easy. cbn [forall2b] in H2. apply andb_prop in H2 as [H2 H3]. cbn [map]. rewrite (IH _ H3). f_equal. rewrite comp_ok, fa_x. exact (eqe_ok _ _ _ H2). Qed.
Fixpoint csum (fs : list positive) (vs ds : list R) : R := match fs, ds with f :: fs, d :: ds => d * Fn f vs + csum fs vs ds | _, _ => 0 end.
Lemma dcall_ok all args : forall fs parts q, dcall l s W D r all args fs parts = Some q ->
  exists ds, Forall2 (fun al d => is_derive (fa al) x d) args ds /\ length fs = length args /\ qvl q E = csum fs (map (fun al => fa al x) all) ds.
Proof. induction args as [|[a ls] args IH]; intros [|f fs] [|es parts] q H; try discriminate; cbn [dcall] in H. injection H as <-. exists []. repeat split. constructor.
  destruct (lab_ok D ls (rng a)) eqn:B; [|easy]. destruct (dlook l s W a) as [d|] eqn:F0; [|easy]. pose proof (fa_d _ _ _ B F0) as G0. destruct (dcall l s W D r all args fs parts) as [q'|] eqn:Q; [|now destruct d]. destruct (IH _ _ _ Q) as (ds & F2 & L & V).
  exists (dval d ls :: ds). split; [now constructor|]. split; [cbn; congruence|]. cbn [csum]. rewrite <- V. destruct d as [d|]; unfold dval.
  - destruct es as [|y [|]]; try discriminate. destruct (called D f all y) eqn:C; [|discriminate]. injection H as <-. apply called_ok in C. rewrite <- C. cbn [qvl fold_right fst snd pf]. fold (qvl q' E). rewrite dfac_v, Q2R_1. cbn [fv hv pw]. rewrite at_lab. ring.
  - injection H as <-. ring. Qed.
Lemma first_alt_ok X Y args parts cs al : forall q, first_alt l s W D r X Y args parts cs al = Some q -> exists c tss, In (c, tss) al /\ conds_ok l D X Y c cs = true /\ dfun l s W D r X Y args tss parts = Some q.
Proof. induction al as [|[c tss] al IH]; intros q H; cbn [first_alt] in H; [easy|]. destruct (conds_ok l D X Y c cs) eqn:C; [destruct (dfun l s W D r X Y args tss parts) as [q'|] eqn:Q|].
  - injection H as <-. exists c, tss. repeat split; auto. now left.
  - destruct (IH _ H) as (c' & t' & I & R0). exists c', t'. split; [now right|easy].
  - destruct (IH _ H) as (c' & t' & I & R0). exists c', t'. split; [now right|easy]. Qed.
Lemma at_fa al : at_ (e ++ k) al = fa al x. Proof. now rewrite fa_x. Qed.
Lemma d_bi_two b alt : In alt (d_bi b) -> length (snd alt) = 2%nat.
Proof. destruct b; cbn [d_bi]; cbv zeta; intro I; repeat (destruct I as [<-|I]; [reflexivity|]); destruct I. Qed.
Lemma d_whole_power_two alt : In alt d_whole_power -> length (snd alt) = 2%nat.
Proof. intro I. repeat (destruct I as [<-|I]; [reflexivity|]). destruct I. Qed.
Lemma two_of X rest parts cs al q : (forall alt, In alt al -> length (snd alt) = 2%nat) -> first_alt l s W D r X (hd X rest) (X :: rest) parts cs (each al) = Some q ->
  exists Y alt d1 d2, rest = [Y] /\ In alt al /\ Functions.holds (fa X x) (fa Y x) (fst alt) /\ is_derive (fa X) x d1 /\ is_derive (fa Y) x d2 /\
    qvl q E = nth 0 (map (tv (fa X x) (fa Y x)) (snd alt)) 0 * d1 + nth 1 (map (tv (fa X x) (fa Y x)) (snd alt)) 0 * d2.
Proof. intros L2 H. destruct (first_alt_ok _ _ _ _ _ _ _ H) as (c & tss & I & C & DF). destruct (dfun_ok _ _ _ _ _ _ DF) as (ds & F2 & LT & V). pose proof (conds_ok_ok _ _ _ _ _ _ C HD) as HC.
  apply in_map_iff in I as (alt & EQ & I). injection EQ as <- <-. specialize (L2 _ I). destruct (snd alt) as [|t1 [|t2 [|]]] eqn:TT; try discriminate L2. destruct rest as [|Y [|]]; try discriminate LT. cbn [hd] in *.
  inversion F2 as [|? d1 ? ? F3 F4]; subst. inversion F4 as [|? d2 ? ? F5 F6]; subst. inversion F6; subst. rewrite !at_fa in *. exists Y, alt, d1, d2. rewrite TT. split; [easy|]. split; [easy|]. split; [easy|]. split; [easy|]. split; [easy|]. rewrite V. cbn [map nth gsum pl]. ring. Qed.
Lemma asked_ok c X Y : asked l s W D c X Y = true -> (c = Ceq' \/ c = Cne') /\ locally x (fun t => fa X t = fa Y t <-> fa X x = fa Y x).
Proof. intro H. assert (CC : c = Ceq' \/ c = Cne') by (destruct c; auto; discriminate H). split; [easy|]. assert (H' : match get (fst Y) with Some m => match extremum m with Some (_, b, ls) =>
   (Pos.eqb b (fst X) && ((if ln_dec ls (snd X) then true else false) && (if ln_dec (snd Y) (seq 0 (length (nr m))) then true else false))) && (((if lp_dec D (nr m ++ nb m) then true else false) && lab_ok D ls (rng b)) && (once l (fst Y) m b ls && (ct b || match dlook l s W b with Some _ => true | None => false end)))
   | None => false end | None => false end = true) by (destruct c; easy). clear H.
  destruct (get (fst Y)) as [m|] eqn:G; [|discriminate]. destruct (extremum m) as [[[r0 b] ls]|] eqn:EX; [|discriminate]. destruct (extremum_ok _ _ _ _ EX) as (O & NA & NP). apply andb_prop in H' as [H1 H2]. apply andb_prop in H1 as [H1 H3]. apply andb_prop in H3 as [H3 H4]. apply andb_prop in H2 as [H2 H5]. apply andb_prop in H2 as [H2 H6]. apply andb_prop in H5 as [H5 H7].
  apply Pos.eqb_eq in H1. destruct (ln_dec ls _) as [LX|]; [|discriminate]. destruct (ln_dec (snd Y) _) as [LY|]; [|discriminate]. destruct (lp_dec D _) as [DD|]; [|discriminate].
  assert (SP : exists e1 k1, e ++ k = e1 ++ k1 /\ inD (nr m) e1 /\ inD (nb m) k1). { pose proof HD as HD'. rewrite DD in HD'. unfold inr in HD'. rewrite map_app in HD'. apply Forall2_app_inv_r in HD' as (e1 & k1 & I1 & I2 & E1). now exists e1, k1. } destruct SP as (e1 & k1 & E1 & I1 & I2).
  set (F := fun t k => val (updl A s p t) b (map (lk (e1 ++ k)) ls)).
  assert (FX : forall t, fa X t = F t k1) by (intro t; unfold fa, F; now rewrite E1, <- H1, LX).
  assert (FY : forall t, fa Y t = mred r0 (map dv (nb m)) (F t)). { intro t. unfold fa. rewrite E1, LY. assert (K : map (lk (e1 ++ k1)) (seq 0 (length (nr m))) = e1). { pose proof (inr_len _ _ _ I1) as L1. rewrite <- (map_seq_lk e1 (length (nr m)) L1) at 2. apply map_ext_in. intros z I. apply in_seq in I. apply lk_app_l. lia. }
    rewrite K, (model _ _ G (updl A s p t) e1). unfold ev. rewrite O, NA. reflexivity. }
  assert (L : locally x (fun t => F t k1 = mred r0 (map dv (nb m)) (F t) <-> F x k1 = mred r0 (map dv (nb m)) (F x))).
  { apply attaining_stays; [easy| | |easy].
    - intros k0 Hk0. unfold F. apply orb_prop in H7 as [H7|H7]; [now apply ctok|]. destruct (dlook l s W b) as [[d|]|] eqn:DL; try discriminate H7; apply dlook_ok in DL. eapply der_continuous. apply DL; [|exact Hp]. refine (lab_inr dv gm Hgeo D (e1 ++ k0) ls (rng b) _ H6). rewrite DD. now apply inr_app.
      apply continuous_ext with (fun _ => val A b (map (lk (e1 ++ k0)) ls)). intro t. symmetry. apply DL. apply continuous_const.
    - unfold F, x. rewrite updl_id. exact (once_ok (fst Y) m r0 b ls e1 G EX H5 I1). }
  revert L. apply filter_imp. intros t Ht. now rewrite !FX, !FY. Qed.
Lemma dbody_ok o args parts cs q : dbody l s W D r o args parts cs = Some q -> is_derive (fun t => opv Fn o (map (fun al => fa al t) args)) x (qvl q E).
Proof. intro H.
  assert (U : alts o <> [] -> match args with [] => None | X :: r0 => first_alt l s W D r X (hd X r0) args parts cs (alts o) end = Some q -> is_derive (fun t => opv Fn o (map (fun al => fa al t) args)) x (qvl q E)).
  { intros O H0. destruct args as [|X rest]; [easy|]. destruct (first_alt_ok _ _ _ _ _ _ _ H0) as (c & tss & I & C & DF). destruct (dfun_ok _ _ _ _ _ _ DF) as (ds & F2 & LT & V).
    pose proof (conds_ok_ok _ _ _ _ _ _ C HD) as HC. pose proof H0 as H1. cbn [hd] in H1. clear DF H0.
    destruct o; cbn [alts] in O, I; try (elim O; reflexivity).
    - rewrite V. destruct I as [I|[]]. injection I as <- <-. destruct rest; [|discriminate LT]. inversion F2 as [|? d ? ? F3 F4]; subst. inversion F4; subst. cbn [gsum map opv hd] in *. rewrite Rplus_0_r, !at_fa in *.
      apply (der_comp (fun v => qpow v q0)); [|exact F3]. now apply d_pow_ok.
    - rewrite V. destruct I as [I|[]]. injection I as <- <-. destruct rest; [|discriminate LT]. inversion F2 as [|? d ? ? F3 F4]; subst. inversion F4; subst. cbn [gsum map opv hd pl] in *. rewrite Rplus_0_r, Rmult_1_r, !at_fa in *.
      apply (der_comp (uv u)); [|exact F3]. now apply d_un_ok.
    - destruct (two_of X rest _ _ _ _ (d_bi_two b) H1) as (Y & alt & d1 & d2 & -> & Ia & HC' & F3 & F4 & V'). cbn [hd map opv nth] in *. rewrite V'. now apply d_bi_ok. }
  destruct o; cbn [dbody] in H; try discriminate H.
  - now apply dsum_ok.
  - destruct (dprod_ok _ _ _ H) as (d & G1 & G2). assert (X : qvl q E = d) by (rewrite G2; cbn [pf]; ring). rewrite X. exact G1.
  - now apply dsum_ok.
  - destruct args as [|X rest]; [discriminate|]. apply U; [easy|]. destruct (first_alt l s W D r X (hd X rest) (X :: rest) parts cs (alts _)) as [q'|]; [easy|discriminate].
  - destruct args as [|X rest]; [discriminate|]. apply U; [easy|]. destruct (first_alt l s W D r X (hd X rest) (X :: rest) parts cs (alts _)) as [q'|]; [easy|discriminate].
  - destruct args as [|X rest]; [discriminate|]. destruct (first_alt l s W D r X (hd X rest) (X :: rest) parts cs (alts (Obi b))) as [q'|] eqn:F. injection H as <-. apply U; [destruct b; discriminate|reflexivity].
    destruct b; try discriminate H.
    destruct (dp s (fst (hd X rest))) eqn:M; [discriminate|]. cbn [negb] in H.
    destruct (two_of X rest _ _ _ _ d_whole_power_two H) as (Y & alt & d1 & d2 & -> & Ia & HC' & F3 & F4 & V'). cbn [hd map opv nth bv] in *. rewrite V'.
    apply is_derive_ext with (fun t => rpow (fa X t) (fa Y x)). intro t. f_equal. rewrite fa_x. unfold fa. symmetry. now apply dpok. now apply d_whole_power_ok.
  - destruct args as [|X [|Y [|u [|v [|]]]]]; try discriminate. pose proof (asked_ok c X Y) as AK. destruct (_ || asked l s W D c X Y) eqn:C; [|discriminate]. destruct (dfun_ok _ _ _ _ _ _ H) as (ds & F2 & _ & V). rewrite V. clear V H.
    inversion F2 as [|? du ? ? Fu F5]; subst. inversion F5 as [|? dv' ? ? Fv F6]; subst. inversion F6; subst. cbn [gsum d_choose map opv hd nth pl]. rewrite !at_fa.
    assert (B : (forall t, fa X t = fa X x /\ fa Y t = fa Y x) \/ (continuous (fa X) x /\ continuous (fa Y) x /\ fa X x <> fa Y x) \/ ((c = Ceq' \/ c = Cne') /\ locally x (fun t => fa X t = fa Y t <-> fa X x = fa Y x))).
    { apply orb_prop in C as [C|C]. 2:{ right; right. now apply AK. } apply orb_prop in C as [C|C]. left. intro t. unfold fixed in C. apply andb_prop in C as [C1 C2]. apply negb_true_iff in C1, C2. rewrite !fa_x. split; unfold fa; now apply dpok.
      right; left. apply andb_prop in C as [C S]. apply andb_prop in S as [S1 S2]. split; [now apply steady_ok|]. split; [now apply steady_ok|].
      pose proof (conds_ok_ok _ _ _ _ _ _ C HD) as HC. inversion HC as [|? ? N _]; subst. cbn [fst snd rv tv] in N. rewrite !at_fa in N. unfold qv in N; cbn [Qnum Qden] in N. intro Z. apply N. rewrite Z. ring. }
    evar_last. exact (der_choose c (fa X) (fa Y) (fa u) (fa v) x du dv' Fu Fv B). cbn [tv]. unfold qv; cbn [Qnum Qden]. ring. 
  - destruct (find _ ders) as [[f0 fs]|] eqn:FD; [|discriminate]. apply find_some in FD as [ID FE]. apply Pos.eqb_eq in FE. cbn [fst] in FE. subst f0. pose proof (proj1 (List.Forall_forall _ _) Hfn _ ID) as DF. unfold differentiates in DF; cbn [fst snd] in DF.
    destruct fs as [|f1 [|f2 [|]]]; try discriminate; destruct (dcall_ok _ _ _ _ _ H) as (ds & F2 & LN & V); rewrite V; clear V H.
    + destruct args as [|X [|]]; try discriminate LN. inversion F2 as [|? dX ? ? FX FN]; subst. inversion FN; subst. cbn [map csum opv]. rewrite Rplus_0_r, Rmult_comm. apply (der_comp (fun v => Fn f [v])); [apply DF|exact FX].
    + destruct args as [|X [|Y [|]]]; try discriminate LN. inversion F2 as [|? dX ? ? FX F3]; subst. inversion F3 as [|? dY ? ? FY FN]; subst. inversion FN; subst. cbn [map csum opv].
      apply is_derive_Reals. apply is_derive_Reals in FX, FY. replace (_ + _) with (Fn f1 [fa X x; fa Y x] * dX + Fn f2 [fa X x; fa Y x] * dY) by ring. exact (derivable_pt_lim_comp_2d (fun u v => Fn f [u; v]) (fa X) (fa Y) x _ _ _ _ (DF _ _) FX FY). Qed.
End AT.
Lemma msum_pos ds : forall f, (forall d, In d ds -> (0 < d)%nat) -> (forall l, inr ds l -> 0 < f l) -> 0 < msum ds f.
Proof. induction ds; cbn; intros f Hd Hf. apply Hf. constructor. apply pos_bsum. apply Hd; now left. intros i Hi. apply IHds. intros; apply Hd; now right. intros. apply Hf. now constructor. Qed.
Lemma updi_delta e p t old : length e = length p -> updi e p t old = if (if list_eq_dec Nat.eq_dec e p then true else false) then t else old.
Proof. revert p. induction e as [|a e IHe]; destruct p as [|b p]; cbn [updi]; intro H; try discriminate; [easy|]. injection H as H. rewrite (IHe p H).
  destruct (Nat.eqb_spec a b) as [->|N].
  - destruct (list_eq_dec Nat.eq_dec e p) as [->|N1]; destruct (list_eq_dec Nat.eq_dec (b :: _) (b :: p)) as [E2|N2]; try easy. exfalso. now injection E2.
  - destruct (list_eq_dec Nat.eq_dec (a :: e) (b :: p)) as [E2|N2]; try easy. exfalso. now injection E2. Qed.
Lemma pdelta_gen V e : forall p u v, length e = length p -> length u = length v -> 
  pf dv V (map (fun q => (Hd, [length u + q; length u + length e + length v + q]%nat, 1%Z)) (seq 0 (length e))) ((u ++ e) ++ v ++ p) = if (if list_eq_dec Nat.eq_dec e p then true else false) then 1 else 0.
Proof. induction e as [|a e IH]; intros [|b p] u v H Huv; try discriminate. reflexivity. injection H as H. cbn [length seq map pf fv hv pw].
  specialize (IH p (u ++ [a]) (v ++ [b]) H). rewrite !app_length in IH. cbn [length] in IH. specialize (IH ltac:(lia)).
  rewrite <- seq_shift, map_map.
  match type of IH with pf _ _ ?L ?E' = _ => match goal with |- _ * pf _ _ ?L2 ?E2 = _ => replace L2 with L; [assert (EE : E' = E2) by (now rewrite <- !app_assoc); rewrite EE in IH|] end end.
  2:{ apply map_ext. intro q. do 3 f_equal. lia. f_equal. lia. }
  rewrite IH. replace (lk ((u ++ a :: e) ++ v ++ b :: p) (length u + 0)) with a. 2:{ rewrite <- app_assoc, lk_app_r by lia. replace (length u + 0 - length u)%nat with 0%nat by lia. reflexivity. }
  replace (lk ((u ++ a :: e) ++ v ++ b :: p) (length u + S (length e) + length v + 0)) with b. 2:{ rewrite lk_app_r by (rewrite app_length; cbn; lia). rewrite app_length. cbn [length]. rewrite lk_app_r by lia. replace (_ - _ - _)%nat with 0%nat by lia. reflexivity. }
  change (delta a b * (if (if list_eq_dec Nat.eq_dec e p then true else false) then 1 else 0) = if (if list_eq_dec Nat.eq_dec (a :: e) (b :: p) then true else false) then 1 else 0). unfold delta. destruct (Nat.eqb_spec a b).
  - subst. destruct (list_eq_dec Nat.eq_dec e p), (list_eq_dec Nat.eq_dec (b :: e) (b :: p)); try (exfalso; congruence); cbv iota; ring.
  - destruct (list_eq_dec Nat.eq_dec (a :: e) (b :: p)) as [E2|]; [exfalso; now injection E2|cbv iota; ring]. Qed.
Lemma direct_at A e y : at_ A e y = at_ A e (direct 60 (length e) (fst y) (snd y)). Proof. rewrite direct_ok. now destruct y. Qed.
Lemma index_of_ok A e x lo l : index_of (length e) x = Some (lo, l) -> at_ A e x = INR (place dv lo + lk e l).
Proof. unfold index_of. cbv zeta. rewrite (direct_at A e x). set (y := direct 60 _ (fst x) (snd x)). destruct (get (fst y)) as [n|] eqn:G; [|easy]. destruct (snd y) as [|z [|]] eqn:SY; try easy. destruct (no n) eqn:O; try easy. intro H. injection H as <- <-. unfold at_. rewrite (model _ _ G), SY. unfold ev. rewrite O. reflexivity. Qed.
Lemma others_ok A n a ls y e i d : nb n = [d] -> inD (nr n) e -> others n a ls y = true -> val A (fst y) (map (lk (e ++ [i])) (snd y)) = bprod (dv d) (fun j => if Nat.eqb j i then 1 else val A a (map (lk (e ++ [j])) ls)).
Proof. intros NB He H. unfold others in H. cbv zeta in H. rewrite NB in H. pose proof (inr_len _ _ _ He) as LE. destruct (get (fst y)) as [[o r0 b0 al]|] eqn:G; [|discriminate]. cbn [no nb na nr] in H. destruct o; try discriminate. destruct r; try discriminate. destruct b0 as [|d' [|]]; try discriminate. destruct al as [|[c lc] [|]]; try discriminate.
  apply andb_prop in H as [H1 H]. apply andb_prop in H as [H2 H]. apply andb_prop in H as [H3 H]. destruct (ln_dec _ _) as [LY|]; [|discriminate]. apply Pos.eqb_eq in H2. subst d'. rewrite (model _ _ G), LY, map_seq_lk by (rewrite app_length; cbn [length]; lia). unfold ev; cbn [no nb na map mred bred sm fst snd]. apply bprod_ext. intros j Hj.
  set (E := (e ++ [i]) ++ [j]). assert (LW : length E = S (S (length (nr n)))) by (unfold E; rewrite !app_length; cbn [length]; lia). rewrite <- LW in H. change (at_ A E (c, lc) = if Nat.eqb j i then 1 else val A a (map (lk (e ++ [j])) ls)). rewrite <- (direct_ok A 60 E c lc). set (z := direct 60 _ c lc) in *.
  destruct (get (fst z)) as [[o1 r1 b1 a1]|] eqn:GZ; [|discriminate]. cbn [no nb na] in H. destruct o1; try discriminate. destruct c0; try discriminate. destruct b1; [|discriminate]. destruct a1 as [|p [|q [|u [|v [|]]]]]; try discriminate. destruct (index_of _ _) as [[lo x]|] eqn:IP; [|discriminate]. destruct (index_of _ (fst q, _)) as [[lo' x']|] eqn:IQ; [|discriminate].
  apply andb_prop in H as [H4 H]. apply andb_prop in H as [H5 H6]. apply andb_prop in H4 as [H4 H7]. apply andb_prop in H7 as [H7 H8]. apply Nat.eqb_eq in H4, H7, H8. subst lo' x x'. apply (index_of_ok A) in IP, IQ. apply (tmatch_ok A) in H5. apply (eqe_ok A) in H6.
  rewrite (at_node A E z _ GZ). unfold ev; cbn [no nb na map msum opv hd nth fst snd]. rewrite app_nil_r, !comp_ok. unfold at_ in IP, IQ, H5, H6; cbn [fst snd tv] in *. transitivity (choose Ceq' (INR (place dv lo + lk E (S (length (nr n))))) (INR (place dv lo + lk E (length (nr n)))) (qv (1 # 1)) (val A a (map (lk E) (map (beside (length (nr n))) ls)))). { f_equal; [exact IP|exact IQ|exact H5|exact H6]. } unfold qv; cbn [Qnum Qden choose].
  assert (X1 : lk E (S (length (nr n))) = j). { unfold E. rewrite lk_app_r by (rewrite app_length; cbn [length]; lia). rewrite app_length. cbn [length]. replace (S (length (nr n)) - (length e + 1))%nat with 0%nat by lia. reflexivity. }
  assert (X2 : lk E (length (nr n)) = i). { unfold E. rewrite <- app_assoc, lk_app_r by lia. replace (length (nr n) - length e)%nat with 0%nat by lia. reflexivity. }
  assert (X3 : map (lk E) (map (beside (length (nr n))) ls) = map (lk (e ++ [j])) ls). { rewrite map_map. apply map_ext. intro x. unfold beside, E. destruct (Nat.ltb_spec x (length (nr n))). rewrite <- app_assoc, !lk_app_l by lia. easy.
    rewrite <- app_assoc, !lk_app_r by (cbn [length]; lia). f_equal. cbn [length]. lia. }
  rewrite X1, X2, X3. destruct (Req_EM_T _ _) as [Q|N]; destruct (Nat.eqb_spec j i) as [->|N']; try easy. apply INR_eq in Q. lia. Qed.
Lemma derpoly_ok A l s W n q a parts cs : (forall c, In c l -> sem A c) -> get a = Some n -> derpoly l s W a parts cs n = Some q -> forall e p, inD (nr n) e -> inD W p ->
  is_derive (fun t => val (updl A s p t) a e) (A s p) (pv dv (val A) q (e ++ p)).
Proof. intros Hl Ha H e p He Hp. pose proof (inr_len _ _ _ He) as LE. pose proof (inr_len _ _ _ Hp) as LP. unfold derpoly in H. destruct (dp s a) eqn:DP; cbn [negb] in H.
  2:{ injection H as <-. apply is_derive_ext with (fun _ => val A a e). intro; symmetry; now apply dpok. exact (is_derive_const _ _). }
  apply is_derive_ext with (fun t => ev dv Fn (updl A s p t) (val (updl A s p t)) n e). intro; symmetry; now apply model.
  assert (GEN : forall o, match dbody l s W (nr n ++ nb n) (length (nr n)) o (na n) parts cs with Some q => Some (map (fun cf => M (fst cf) (nb n) (snd cf)) q) | None => None end = Some q ->
    is_derive (fun t => msum (map dv (nb n)) (fun k => opv Fn o (map (fun al => val (updl A s p t) (fst al) (map (lk (e ++ k)) (snd al))) (na n)))) (A s p) (pv dv (val A) q (e ++ p))).
  { intros o H0. destruct (dbody l s W (nr n ++ nb n) (length (nr n)) o (na n) parts cs) as [q'|] eqn:Q; [|discriminate H0]. injection H0 as <-. rewrite pv_q. apply der_msum. intros k Hk.
    apply (dbody_ok A l Hl s W (nr n ++ nb n) (length (nr n)) e p k LE Hp) with (parts := parts) (cs := cs); [now apply inr_app|exact Q]. }
  unfold ev. revert GEN H. cbv zeta. destruct (no n) eqn:O; intros GEN H; try exact (GEN _ H); try (injection H as <-; exact (is_derive_const _ _)); try exact (GEN (Osel c) H); try (cbn in H; discriminate H).
  2:{ clear GEN. assert (EX : r <> Eprod -> match extremum n, parts with Some (_, b, ls), [[y]] => if lab_ok (nr n ++ nb n) ls (rng b) && (attains a n b ls y && once l a n b ls) then match dlook l s W b with
      | Some (Some d) => Some [M 1 (nb n) [dfac W (length (nr n)) d ls; (Hn (fst y), map (lab W (length (nr n))) (snd y), 1%Z)]] | _ => None end else None | _, _ => None end = Some q ->
      is_derive (fun t => mred r (map dv (nb n)) (fun k => sm (map (fun al => val (updl A s p t) (fst al) (map (lk (e ++ k)) (snd al))) (na n)))) (A s p) (pv dv (val A) q (e ++ p))).
    { clear H. intros NP H. destruct (extremum n) as [[[r' b] ls]|] eqn:X; [|discriminate]. destruct (extremum_ok _ _ _ _ X) as (O' & NA & _). rewrite O in O'. injection O' as <-. destruct parts as [|[|y [|]] [|]]; try discriminate. destruct (_ && _) eqn:C; [|discriminate]. apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C3]. destruct (dlook l s W b) as [[d|]|] eqn:DL; try discriminate. injection H as <-. rewrite NA. cbn [map sm fst snd].
      pose proof (once_ok A l Hl a n r b ls e Ha X C3 He) as EQ.
      pose proof (der_extremum r (map dv (nb n)) (fun t k => val (updl A s p t) b (map (lk (e ++ k)) ls)) (A s p) (fun k => val A d (map (lk (e ++ k)) ls ++ p)) NP) as DX. cbv beta in DX. rewrite updl_id in DX. evar_last. apply DX; [|exact EQ]. clear DX.
      - intros k Hk. apply (fa_d A l Hl s W (nr n ++ nb n) e p k Hp) with (a := b) (ls := ls) (d := Some d); [|easy|easy]. now apply inr_app.
      - unfold pv, mv; cbn [mc md mf]. rewrite Q2R_1, Rplus_0_r, Rmult_1_l. apply msum_ext. intros k Hk. cbn [pf]. pose proof (attains_ok A a n r b ls y e k Ha X He Hk C2) as AT. rewrite (at_lab A W (length (nr n)) e p k LE Hp) in AT. rewrite (dfac_v A W (length (nr n)) e p k LE Hp). cbn [fv hv pw]. rewrite AT. ring. }
    destruct r; try (apply EX; [easy|exact H]). clear EX. destruct (na n) as [|[a1 ls] [|]] eqn:NA; try discriminate H. destruct parts as [|[|y [|]] [|]]; try discriminate H. destruct (_ && _) eqn:C; [|discriminate H]. apply andb_prop in C as [C1 C2]. destruct (dlook l s W a1) as [[d|]|] eqn:DL; try discriminate H. injection H as <-.
    assert (NB : exists d0, nb n = [d0]). { unfold others in C2. cbv zeta in C2. destruct (nb n) as [|d0 [|]]; try discriminate C2; eauto. } destruct NB as [d0 NB]. rewrite NB in *. cbn [map mred bred sm fst snd].
    pose proof (der_bprod (dv d0) (fun i t => val (updl A s p t) a1 (map (lk (e ++ [i])) ls)) (fun i => val A d (map (lk (e ++ [i])) ls ++ p)) (A s p)) as DB. evar_last. apply DB. clear DB.
    - intros i Hi. apply (fa_d A l Hl s W (nr n ++ [d0]) e p [i] Hp) with (a := a1) (ls := ls) (d := Some d); [|easy|easy]. apply inr_app; [easy|]. constructor; [easy|constructor].
    - unfold pv, mv; cbn [mc md mf map msum]. rewrite Q2R_1, Rplus_0_r, Rmult_1_l. apply bsum_ext. intros i Hi. cbn [pf]. assert (HD : inD (nr n ++ [d0]) (e ++ [i])) by (apply inr_app; [easy|constructor; [easy|constructor]]).
      rewrite (dfac_v A W (length (nr n)) e p [i] LE Hp). cbn [fv hv pw]. rewrite (map_lab W (length (nr n)) e p [i] LE Hp). rewrite (others_ok A n a1 ls y e i d0 NB He C2). rewrite updl_id. ring. }
  destruct (Pos.eqb_spec s a0).
    + subst a0. destruct (lp_dec (nr n) W) as [EW|]; [|easy]. injection H as <-. unfold updl. rewrite Pos.eqb_refl.
      unfold pv, mv; cbn [mc md mf map msum]. rewrite app_nil_r.
      pose proof (pdelta_gen (val A) e p [] [] ltac:(congruence) eq_refl) as P. cbn [length app Nat.add] in P. rewrite Nat.add_0_r in P.
      rewrite <- LE, P, Q2R_1. apply is_derive_ext with (fun t => if (if list_eq_dec Nat.eq_dec e p then true else false) then t else A s e). intro t; symmetry; apply updi_delta; congruence.
      destruct (list_eq_dec _ _ _). replace (1 * 1 + 0) with 1 by ring. apply @is_derive_id. replace (1 * 0 + 0) with 0 by ring. exact (is_derive_const _ _).
    + injection H as <-. unfold updl. destruct (Pos.eqb_spec a0 s); [congruence|]. exact (is_derive_const _ _). Qed.
Section HYPS.
Variable hyps : list claim.
Variable HY : arrs -> Prop.
Definition valid (bc : bool * claim) := forall A, RG A -> (fst bc = false -> HY A) -> sem A (snd bc).
Hypothesis Hhyp : forall A, RG A -> HY A -> forall n c, nth_error hyps n = Some c -> sem A c.
Lemma gath_in cl ps : (forall p c, PM.find p cl = Some c -> valid c) -> forall bl, gath cl ps = Some bl -> forall A, RG A -> (forallb fst bl = false -> HY A) -> forall c, In c (map snd bl) -> sem A c.
Proof. intro Hcl. induction ps as [|p ps IH]; cbn; intros bl H A HA HH c I. injection H as <-. easy. destruct (PM.find p cl) as [[m c0]|] eqn:F; [|easy]. destruct (gath cl ps) as [bl'|]; [|easy]. injection H as <-. cbn in *.
  destruct I as [<-|I]. apply (Hcl _ _ F A HA). cbn. intros ->. now apply HH. apply (IH _ eq_refl A HA); [|easy]. intro E. apply HH. rewrite E. apply andb_false_r. Qed.
Ltac ifs := repeat match goal with H : (if ?b then _ else _) = Some _ |- _ => destruct b eqn:?; [|discriminate] | H : match ?x with _ => _ end = Some _ |- _ => destruct x eqn:?; try discriminate end.
Lemma sm_all (P : R -> Prop) : P 0 -> (forall a b, P a -> P b -> P (a + b)) -> forall l, (forall v, In v l -> P v) -> P (sm l).
Proof. intros P0 PA. induction l as [|x l IH]; intros H; [easy|]. rewrite sm_cons. apply PA; [apply H; now left|apply IH; intros; apply H; now right]. Qed.
Lemma pr_all (P : R -> Prop) : P 1 -> (forall a b, P a -> P b -> P (a * b)) -> forall l, (forall v, In v l -> P v) -> P (pr l).
Proof. intros P0 PA. induction l as [|x l IH]; intros H; [easy|]. rewrite pr_cons. apply PA; [apply H; now left|apply IH; intros; apply H; now right]. Qed.
Lemma sm_some l : (forall v, In v l -> 0 <= v) -> (exists v, In v l /\ 0 < v) -> 0 < sm l.
Proof. induction l as [|x l IH]; intros H (v & I & P); [easy|]. rewrite sm_cons. assert (0 <= x) by (apply H; now left). destruct I as [->|I].
  - assert (0 <= sm l) by (apply (sm_all (fun x => 0 <= x)); [lra|intros; lra|intros; apply H; now right]). lra.
  - assert (0 < sm l) by (apply IH; [intros; apply H; now right|now exists v]). lra. Qed.
Section SIGNS.
Variables (vs : list R) (k : rel -> nat -> bool) (eqa : nat -> nat -> bool) (g : cmp -> rel -> bool -> bool).
Hypothesis kok : forall r i, k r i = true -> (i < length vs)%nat /\ rv r (nth i vs 0).
Hypothesis eqok : forall i j, eqa i j = true -> nth i vs 0 = nth j vs 0.
Hypothesis gok : forall c r (first : bool), g c r first = true -> (forall u v, choose c (hd 0 vs) (nth 1 vs 0) u v = if first then u else v) -> rv r (nth (if first then 2 else 3) vs 0).
Notation n := (length vs).
Lemma al_ok r : al n k r = true -> forall v, In v vs -> rv r v.
Proof. unfold al. intros H v I. rewrite forallb_forall in H. apply (In_nth _ _ 0) in I as (i & L & <-). apply kok. apply H. apply in_seq. lia. Qed.
Lemma so_ok r : so n k r = true -> exists v, In v vs /\ rv r v.
Proof. unfold so. intros H. apply existsb_exists in H as (i & I & E). destruct (kok _ _ E). exists (nth i vs 0). split; [now apply nth_In|easy]. Qed.
Lemma one_arg : Nat.eqb n 1 = true -> exists v, vs = [v].
Proof. intro H. apply Nat.eqb_eq in H. destruct vs as [|v [|]]; try discriminate. now exists v. Qed.
Lemma two_args : Nat.eqb n 2 = true -> exists v w, vs = [v; w].
Proof. intro H. apply Nat.eqb_eq in H. destruct vs as [|v [|w [|]]]; try discriminate. now exists v, w. Qed.
Lemma even_pw q v : even q = true -> 0 <= qpow v q /\ (v <> 0 -> 0 < qpow v q).
Proof. unfold even. intro H. apply andb_prop in H as [H1 H2]. apply Pos.eqb_eq in H1. apply Z.even_spec in H2 as [z Z]. unfold qpow. rewrite H1, Z. cbn [root]. replace (2 * z)%Z with (z + z)%Z by lia.
  assert (N : v <> 0 -> 0 < pw v (z + z)). { intro N. rewrite pw_add0 by easy. pose proof (pw_ne0 v z N). nra. } split; [|easy].
  destruct (Req_dec v 0) as [->|N']. destruct (Z.eq_dec (z + z) 0) as [->|E]. cbn. lra. rewrite pw_0 by easy. lra. apply Rlt_le, N, N'. Qed.
Lemma branches_ok c r : branches k g c r = true -> rv r (opv Fn (Osel c) vs).
Proof. unfold branches. intro H. apply andb_prop in H as [H1 H2]. cbn [opv]. destruct (choose_either c (hd 0 vs) (nth 1 vs 0)) as [K|K]; rewrite K.
  - apply orb_prop in H1 as [H1|H1]. now apply kok in H1. exact (gok c r true H1 K).
  - apply orb_prop in H2 as [H2|H2]. now apply kok in H2. exact (gok c r false H2 K). Qed.
Ltac one H := apply one_arg in H as [v H]; try (assert (Iv : In v vs) by (rewrite H; now left)).
Lemma sign_pos_ok o : sign_pos n k g o = true -> 0 < opv Fn o vs.
Proof. unfold sign_pos. destruct o; try easy; intro H.
  - apply andb_prop in H as [H1 H2]. apply sm_some. exact (al_ok _ H1). exact (so_ok _ H2).
  - apply (pr_all (fun v => 0 < v)). lra. intros; now apply Rmult_lt_0_compat. exact (al_ok _ H).
  - apply andb_prop in H as [H1 H2]. pose proof (al_ok _ H2) as K. one H1. rewrite H1. cbn. now apply (K v).
  - apply andb_prop in H as [H1 H2]. one H1. cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. apply orb_prop in H2 as [H2|H2]. apply qpow_pos. exact (al_ok _ H2 v Iv). apply andb_prop in H2 as [H2 H3]. apply even_pw. easy. exact (al_ok _ H3 v Iv).
  - apply andb_prop in H as [H1 H2]. one H1. cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. apply orb_prop in H2 as [H2|H2]; [apply orb_prop in H2 as [H2|H2]|].
    now apply positive_fun_ok. apply andb_prop in H2 as [H2 H3]. apply sign_of_argument_cases. easy. exact (al_ok _ H3 v Iv). destruct u; try easy. cbn in H2. cbn. apply Rabs_pos_lt. exact (al_ok _ H2 v Iv).
  - apply andb_prop in H as [H1 H2]. apply two_args in H1 as (v & w & H1). assert (Iv : In v vs /\ In w vs) by (rewrite H1; cbn; auto). cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. replace (nth 1 vs 0) with w by now rewrite H1. destruct b; try easy; cbn [bv].
    + apply kok in H2 as [_ H2]. rewrite H1 in H2. cbn in H2. rewrite rpow_Rpower by easy. apply exp_pos.
    + apply so_ok in H2 as (u & I & P). unfold hypot. apply sqrt_lt_R0. rewrite H1 in I. cbn in P. destruct I as [<-|[<-|[]]]; nra.
    + unfold Rmin. pose proof (al_ok _ H2 v (proj1 Iv)). pose proof (al_ok _ H2 w (proj2 Iv)). cbn in *. destruct (Rle_dec v w); lra.
    + apply so_ok in H2 as (u & I & P). rewrite H1 in I. cbn in P. unfold Rmax. destruct I as [<-|[<-|[]]]; destruct (Rle_dec v w); lra.
  - exact (branches_ok c Pos H). Qed.
Lemma sign_nonneg_ok o : sign_nonneg n k eqa g o = true -> 0 <= opv Fn o vs.
Proof. unfold sign_nonneg. destruct o; try easy; intro H.
  - apply (sm_all (fun v => 0 <= v)). lra. intros; lra. exact (al_ok _ H).
  - apply orb_prop in H as [H|H]. apply (pr_all (fun v => 0 <= v)). lra. intros; now apply Rmult_le_pos. exact (al_ok _ H). apply andb_prop in H as [H1 H2]. apply two_args in H1 as (v & w & H1). apply eqok in H2. rewrite H1 in *. cbn in H2. subst. cbn. nra.
  - apply andb_prop in H as [H1 H2]. pose proof (al_ok _ H2) as K. one H1. rewrite H1. cbn. now apply (K v).
  - apply andb_prop in H as [H1 H2]. one H1. cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. apply orb_prop in H2 as [H2|H2]. apply qpow_nn. exact (al_ok _ H2 v Iv). now apply even_pw.
  - apply andb_prop in H as [H1 H2]. one H1. cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. apply orb_prop in H2 as [H2|H2]. now apply nonneg_fun_ok. apply andb_prop in H2 as [H2 H3]. pose proof (al_ok _ H3 v Iv) as P. cbn in P. destruct (sign_of_argument_cases u v H2) as (C1 & _ & C3). destruct (Req_dec v 0). rewrite C3 by easy. lra. apply Rlt_le, C1. lra.
  - apply andb_prop in H as [H1 H2]. apply two_args in H1 as (v & w & H1). assert (Iv : In v vs /\ In w vs) by (rewrite H1; cbn; auto). cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. replace (nth 1 vs 0) with w by now rewrite H1. destruct b; try easy; cbn [bv].
    + apply sqrt_pos.
    + unfold Rmin. pose proof (al_ok _ H2 v (proj1 Iv)). pose proof (al_ok _ H2 w (proj2 Iv)). cbn in *. destruct (Rle_dec v w); lra.
    + apply so_ok in H2 as (u & I & P). rewrite H1 in I. cbn in P. unfold Rmax. destruct I as [<-|[<-|[]]]; destruct (Rle_dec v w); lra.
  - exact (branches_ok c Nonneg H). Qed.
Lemma sign_nonzero_ok o : sign_nonzero n k g o = true -> opv Fn o vs <> 0.
Proof. unfold sign_nonzero. destruct o; try easy; intro H.
  - apply (pr_all (fun v => v <> 0)). lra. intros; now apply Rmult_integral_contrapositive_currified. exact (al_ok _ H).
  - apply andb_prop in H as [H1 H2]. pose proof (al_ok _ H2) as K. one H1. rewrite H1. cbn. now apply (K v).
  - apply andb_prop in H as [H1 H2]. one H1. cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. apply andb_prop in H2 as [H2 H3]. apply Pos.eqb_eq in H2. unfold qpow. rewrite H2. cbn [root]. apply pw_ne0. exact (al_ok _ H3 v Iv).
  - apply andb_prop in H as [H1 H2]. one H1. cbn [opv]. replace (hd 0 vs) with v by now rewrite H1. apply andb_prop in H2 as [H2 H3]. pose proof (al_ok _ H3 v Iv) as P. cbn in P.
    assert (C : u = Uabs \/ sign_of_argument u = true) by (destruct u; auto). destruct C as [->|C]. cbn. now apply Rabs_no_R0. destruct (sign_of_argument_cases u v C) as (C1 & C2 & _). destruct (Rlt_dec 0 v). specialize (C1 r). lra. assert (v < 0) as L by lra. specialize (C2 L). lra.
  - destruct b; try easy. apply andb_prop in H as [H1 H]. apply andb_prop in H as [H2 H3]. apply two_args in H1 as (v & w & H1). apply kok in H2 as [_ H2], H3 as [_ H3]. cbn [opv bv]. rewrite H1 in *. cbn [hd nth rv] in *. destruct H3 as [z ->]. rewrite rpow_whole. now apply pw_ne0.
  - exact (branches_ok c Nonzero H). Qed.
Lemma sign_integer_ok o : sign_integer n k o = true -> exists z, opv Fn o vs = IZR z.
Proof. assert (P : (exists z, 0 = IZR z) /\ forall a b : R, (exists z, a = IZR z) -> (exists z, b = IZR z) -> exists z, a + b = IZR z) by (split; [now exists 0%Z|intros a b [y ->] [z ->]; exists (y + z)%Z; now rewrite plus_IZR]).
  unfold sign_integer. destruct o; try easy; intro H.
  - apply (sm_all (fun v => exists z, v = IZR z)); try apply P. exact (al_ok _ H).
  - apply (pr_all (fun v => exists z, v = IZR z)). now exists 1%Z. intros a b [y ->] [z ->]. exists (y * z)%Z. now rewrite mult_IZR. exact (al_ok _ H).
  - apply (sm_all (fun v => exists z, v = IZR z)); try apply P. exact (al_ok _ H).
  - destruct u; try easy; cbn [opv uv]; unfold ceil, floor. now eexists. eexists. symmetry. apply opp_IZR. Qed.
Lemma sign_of_ok r o : sign_of n k eqa g r o = true -> rv r (opv Fn o vs).
Proof. destruct r; try easy; cbn [sign_of rv]; intro H.
  - now apply sign_pos_ok.
  - apply orb_prop in H as [H|H]. now apply sign_nonneg_ok. now apply Rlt_le, sign_pos_ok.
  - apply orb_prop in H as [H|H]. now apply sign_nonzero_ok. pose proof (sign_pos_ok _ H). lra.
  - now apply sign_integer_ok. Qed.
End SIGNS.
Lemma some_ok ds d : some_of ds = true -> In d (map dv ds) -> (0 < d)%nat. Proof. intros H I. apply in_map_iff in I as (x & <- & I). unfold some_of in H. rewrite forallb_forall in H. apply (within_ok _ _ Hgeo). now apply H. Qed.
Ltac get_premises Hcl HA HH := match goal with G : gath _ _ = Some ?bl |- _ => pose proof (gath_in _ _ Hcl _ G _ HA HH) as Hl end.
Lemma arg_kn_ok A l n e k : (forall c, In c l -> sem A c) -> inD (nr n) e -> inD (nb n) k -> let vs := map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) (na n) in
  forall r i, arg_kn l n r i = true -> (i < length vs)%nat /\ rv r (nth i vs 0).
Proof. intros Hl He Hk vs r i H. unfold arg_kn in H. destruct (nth_error (na n) i) as [[b ls]|] eqn:E; [|easy]. apply andb_prop in H as [H1 H2]. assert (L : (i < length (na n))%nat) by (apply nth_error_Some; congruence). unfold vs. rewrite map_length. split; [easy|].
  set (f := fun al : id * list nat => val A (fst al) (map (lk (e ++ k)) (snd al))). rewrite (nth_indep _ 0 (f (1%positive, []))) by now rewrite map_length. rewrite map_nth. apply nth_error_nth with (d := (1%positive, [])) in E. rewrite E. unfold f; cbn [fst snd]. apply (kn_ok A l Hl _ _ H1). refine (lab_inr dv gm Hgeo _ _ _ _ _ H2). now apply inr_app. Qed.
Lemma arg_eq_ok A n e k : let vs := map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) (na n) in forall i j, arg_eq n i j = true -> nth i vs 0 = nth j vs 0.
Proof. intros vs i j H. unfold arg_eq in H. destruct (nth_error (na n) i) as [[b ls]|] eqn:E1; [|easy]. destruct (nth_error (na n) j) as [[b' ls']|] eqn:E2; [|easy]. apply andb_prop in H as [H1 H2]. apply Pos.eqb_eq in H1. destruct (ln_dec ls ls'); [subst|easy].
  assert (L1 : (i < length (na n))%nat) by (apply nth_error_Some; congruence). assert (L2 : (j < length (na n))%nat) by (apply nth_error_Some; congruence). unfold vs.
  set (f := fun al : id * list nat => val A (fst al) (map (lk (e ++ k)) (snd al))). rewrite !(nth_indep _ 0 (f (1%positive, []))) by now rewrite map_length. rewrite !map_nth. apply nth_error_nth with (d := (1%positive, [])) in E1, E2. now rewrite E1, E2. Qed.
Lemma zero_arg_ok A n e k i : zero_arg n i = true -> nth i (map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) (na n)) 0 = 0.
Proof. unfold zero_arg. destruct (nth_error (na n) i) as [[b ls]|] eqn:E; [|easy]. destruct (get b) as [m|] eqn:G; [|easy]. destruct (no m) eqn:O; try easy. intro H. apply Z.eqb_eq in H.
  erewrite nth_error_nth by (apply map_nth_error; exact E). cbn [fst snd]. rewrite (model _ _ G). unfold ev. rewrite O, qvR. unfold Q2R. rewrite H. ring. Qed.
Lemma zero_with_ok A n e k i j : inD (nr n) e -> inD (nb n) k -> zero_with n i j = true -> let vs := map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) (na n) in nth i vs 0 = Rabs (nth j vs 0).
Proof. intros He Hk. unfold zero_with. destruct (nth_error (na n) i) as [[b ls]|] eqn:E; [|easy]. destruct (nth_error (na n) j) as [u|] eqn:E2; [|easy]. destruct (get b) as [m|] eqn:G; [|easy]. destruct m as [o r0 b0 a0]; cbn [no nb na].
  destruct o; try easy. destruct u0; try easy. destruct b0; [|easy]. destruct a0 as [|[b' ls'] [|]]; try easy. cbv zeta. intro H.
  assert (L : length (nr n ++ nb n) = length (e ++ k)) by (symmetry; apply (inr_len dv); now apply inr_app). rewrite L in H. apply (eqe_ok A) in H.
  rewrite !(nth_error_nth _ _ _ (map_nth_error (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) _ _ E)), !(nth_error_nth _ _ _ (map_nth_error (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) _ _ E2)). cbn [fst snd].
  rewrite (model _ _ G). unfold ev; cbn [no nb na map msum opv uv hd fst snd]. rewrite app_nil_r, comp_ok. f_equal. exact H. Qed.
Lemma guarded_ok A l n e k : (forall c, In c l -> sem A c) -> inD (nr n) e -> inD (nb n) k -> let vs := map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) (na n) in
  forall c r (first : bool), guarded l n c r first = true -> (forall u v, choose c (hd 0 vs) (nth 1 vs 0) u v = if first then u else v) -> rv r (nth (if first then 2 else 3) vs 0).
Proof. intros Hl He Hk vs c r first H TK. pose proof (arg_kn_ok A l n e k Hl He Hk) as KN. pose proof (arg_eq_ok A n e k) as EQ. pose proof (fun i => zero_arg_ok A n e k i) as Z. pose proof (fun i j => zero_with_ok A n e k i j He Hk) as ZW. cbv zeta in KN, EQ, ZW. fold vs in KN, EQ, Z, ZW.
  assert (H0 : hd 0 vs = nth 0 vs 0) by (destruct vs; easy). rewrite H0 in TK. unfold guarded in H. cbv zeta in H.
  assert (LT : match c with Clt | Cle => let '(p, q) := if first then (0, 1)%nat else (1, 0)%nat in nth p vs 0 <= nth q vs 0 /\ ((match c with Clt => first | _ => negb first end) = true -> nth p vs 0 < nth q vs 0)
    | Ceq' => first = false -> nth 0 vs 0 <> nth 1 vs 0 | Cne' => first = true -> nth 0 vs 0 <> nth 1 vs 0 end).
  { specialize (TK 1 0). destruct c, first; cbn [choose] in TK; repeat match type of TK with context[if ?d then _ else _] => destruct d end; try lra; cbn; try (split; intros; try easy; lra); intros; try easy; lra. }
  assert (AB : forall p q, (nth p vs 0 <= nth q vs 0) -> forall st : bool, (st = true -> nth p vs 0 < nth q vs 0) -> arg_kn l n Pos p || (st && arg_kn l n Nonneg p) = true -> 0 < nth q vs 0).
  { intros p q L st S HH. apply orb_prop in HH as [HH|HH]. apply KN in HH as [_ HH]. cbn in HH. lra. apply andb_prop in HH as [HH1 HH]. apply KN in HH as [_ HH]. cbn in HH. specialize (S HH1). lra. }
  destruct c.
  1,2: set (pq := if first then (0, 1)%nat else (1, 0)%nat) in *; destruct pq as [p q]; destruct LT as [L S]; set (u := if first then 2%nat else 3%nat) in *; clearbody u; specialize (AB p q L _ S); destruct r; try discriminate H; cbn [rv].
  1,4: apply andb_prop in H as [H1 H2]; specialize (AB H1); apply EQ in H2; lra.
  1,3: apply andb_prop in H as [H1 H2]; apply EQ in H2; apply orb_prop in H1 as [H1|H1]; [specialize (AB H1); lra|apply KN in H1 as [_ H1]; cbn in H1; lra].
  1,2: apply orb_prop in H as [H|H]; apply andb_prop in H as [H1 H2];
    [specialize (AB H1); apply orb_prop in H2 as [H2|H2]; [apply EQ in H2; lra|apply ZW in H2; intro E0; rewrite E0, Rabs_R0 in H2; lra]
    |apply andb_prop in H2 as [H2 H3]; apply Z in H2; apply EQ in H3; specialize (S H1); lra].
  1,2: destruct r; try discriminate H; apply andb_prop in H as [H1 H2]; destruct first; try discriminate H1; specialize (LT eq_refl); cbn [rv];
    apply orb_prop in H2 as [H2|H2]; apply andb_prop in H2 as [H2 H3]; apply Z in H2; apply EQ in H3; lra. Qed.
Lemma msum_nn ds : forall f, (forall l, inr ds l -> 0 <= f l) -> 0 <= msum ds f.
Proof. induction ds; cbn; intros f Hf. apply Hf. constructor. apply nn_bsum. intros i Hi. apply IHds. intros. apply Hf. now constructor. Qed.
Lemma sign_node_ok A l r n e : (forall c, In c l -> sem A c) -> inD (nr n) e -> ((r = Pos /\ some_of (nb n) = true) \/ r = Nonneg \/ nb n = []) -> sign_of (length (na n)) (arg_kn l n) (arg_eq n) (guarded l n) r (no n) = true -> rv r (ev dv Fn A (val A) n e).
Proof. intros Hl He C H. set (vs := fun k => map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) (na n)).
  assert (K : forall k, inD (nb n) k -> rv r (opv Fn (no n) (vs k))). { intros k Hk. apply (sign_of_ok (vs k) (arg_kn l n) (arg_eq n) (guarded l n)). exact (arg_kn_ok A l n e k Hl He Hk). exact (arg_eq_ok A n e k). exact (guarded_ok A l n e k Hl He Hk). unfold vs. now rewrite map_length. }
  assert (M : rv r (msum (map dv (nb n)) (fun k => opv Fn (no n) (vs k)))). { destruct C as [[-> SO]|[->|E]]. apply msum_pos; [intros d Hd; now apply (some_ok (nb n))|exact K]. apply msum_nn. exact K. rewrite E in *. cbn [map msum]. apply K. constructor. }
  unfold ev. unfold vs in M. destruct (no n) eqn:O; try exact M; destruct r; discriminate H. Qed.
Lemma mprod_all (P : R -> Prop) : P 1 -> (forall a b, P a -> P b -> P (a * b)) -> forall ds f, (forall l, inr ds l -> P (f l)) -> P (mred Eprod ds f).
Proof. intros P1 PM. induction ds as [|d ds IH]; intros f H; cbn [mred bred]. apply H. constructor. assert (K : forall i, (i < d)%nat -> P (mred Eprod ds (fun l => f (i :: l)))) by (intros i L; apply IH; intros l I; apply H; now constructor).
  clear - P1 PM K. induction d; cbn; [easy|]. apply PM; [apply IHd; intros; apply K; lia|apply K; lia]. Qed.
Lemma red_sign_ok A l r n e : (forall c, In c l -> sem A c) -> inD (nr n) e -> red_sign l r n = true -> rv r (ev dv Fn A (val A) n e).
Proof. intros Hl He H. unfold red_sign in H. destruct (no n) eqn:O; try discriminate.
  { destruct u; try discriminate. destruct (na n) as [|[b ls] [|]] eqn:N; try discriminate. destruct (nb n) eqn:B; [|now destruct r]. destruct (get b) as [n'|] eqn:G; [|now destruct r]. destruct (no n') eqn:O'; try (now destruct r).
    assert (L : 0 < ln (val A b (map (lk (e ++ [])) ls))). { rewrite (model _ _ G). unfold ev. rewrite O', qvR. rewrite <- ln_1. apply ln_increasing. lra. unfold Q2R. assert (Z.ltb (Zpos (Qden c)) (Qnum c) = true) as Z by now destruct r. apply Z.ltb_lt in Z. apply Rmult_lt_reg_r with (IZR (Zpos (Qden c))). apply IZR_lt; lia. rewrite Rmult_1_l, Rmult_assoc, Rinv_l, Rmult_1_r by (apply not_0_IZR; lia). now apply IZR_lt. }
    unfold ev. rewrite O, N, B. cbn [map msum opv hd uv fst snd]. destruct r; try discriminate; cbn [rv]; lra. }
  destruct (na n) as [|al [|]] eqn:N; try discriminate. apply andb_prop in H as [H1 H2]. unfold ev. rewrite O, N.
  assert (K : forall k, inD (nb n) k -> rv r (sm (map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) [al]))). { intros k Hk. destruct (arg_kn_ok A l n e k Hl He Hk r 0 H1) as [_ P]. rewrite N in P. exact P. }
  assert (C : r0 <> Eprod -> some_of (nb n) = true -> rv r (mred r0 (map dv (nb n)) (fun k => sm (map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) [al])))).
  { intros NP SO. destruct (mred_attained r0 (map dv (nb n)) NP (fun d => some_ok _ d SO) (fun k => sm (map (fun al => val A (fst al) (map (lk (e ++ k)) (snd al))) [al]))) as (k & I & ->). now apply K. }
  destruct r0; try (apply C; easy). clear C. apply mprod_all; try exact K; destruct r; try discriminate H2; cbn [rv].
  lra. lra. lra. now exists 1%Z. intros; now apply Rmult_lt_0_compat. intros; now apply Rmult_le_pos. intros; now apply Rmult_integral_contrapositive_currified. intros a b [y ->] [z ->]. exists (y * z)%Z. now rewrite mult_IZR. Qed.
Lemma least_sum_ok A e args : forall q, least_sum args = Some q -> Q2R q <= sm (map (fun al => val A (fst al) (map (lk e) (snd al))) args).
Proof. induction args as [|[b ls] args IH]; cbn [least_sum map]; intros q H. injection H as <-. unfold Q2R; cbn. lra. destruct (get b) as [n|] eqn:G; [|discriminate]. destruct (least_sum args) as [q'|]; [|discriminate]. specialize (IH _ eq_refl). rewrite sm_cons. cbn [fst snd]. rewrite (model _ _ G). unfold ev.
  destruct (no n); try discriminate; injection H as <-; rewrite Q2R_plus; apply Rplus_le_compat; try exact IH. rewrite qvR. lra.
  unfold Q2R, inject_Z; cbn [Qnum Qden]. rewrite Rinv_1, Rmult_1_r, INR_IZR_INZ. apply IZR_le. unfold least_place, place. destruct (Pos.of_succ_nat lo) as [p|p|]; [|lia|]; match goal with |- context[within gm ?d 0] => destruct (within gm d 0) eqn:W; [apply (within_ok _ _ Hgeo) in W|]; lia end. Qed.
Lemma index_sign_ok A r n e : index_sign r n = true -> rv r (ev dv Fn A (val A) n e).
Proof. unfold index_sign. destruct r; try discriminate. destruct (no n) eqn:O; try discriminate. destruct (nb n) eqn:B; [|discriminate]. destruct (least_sum (na n)) as [q|] eqn:L; [|discriminate]. intro H. apply Qle_bool_iff, Qle_Rle in H. pose proof (least_sum_ok A e _ _ L) as S. unfold ev. rewrite O, B. cbn [map msum opv rv]. rewrite app_nil_r. replace (Q2R 0) with 0 in H by (unfold Q2R; cbn; ring). lra. Qed.
Lemma sgn_ok A l r a n e : (forall c, In c l -> sem A c) -> get a = Some n -> sgn l r a n = true -> inD (rng a) e -> rv r (val A a e).
Proof. intros Hl G H He. assert (He' : inD (nr n) e) by (unfold rng in He; now rewrite G in He). unfold sgn in H. apply orb_prop in H as [H|H]. apply orb_prop in H as [H|H]. rewrite (model _ _ G). apply orb_prop in H as [H|H]. now apply (red_sign_ok A l). now apply index_sign_ok. now apply (kn_ok A l Hl r a H). apply orb_prop in H as [H|H].
  - destruct r; try easy. apply andb_prop in H as [H1 H2]. pose proof (kn_ok A l Hl _ _ H1 e He) as P. pose proof (kn_ok A l Hl _ _ H2 e He) as Q. cbn in *. lra.
  - rewrite (model _ _ G). assert (D : (r = Nonzero /\ some_of (nb n) = true /\ sign_of (length (na n)) (arg_kn l n) (arg_eq n) (guarded l n) Pos (no n) = true) \/ (((r = Pos /\ some_of (nb n) = true) \/ r = Nonneg \/ nb n = []) /\ sign_of (length (na n)) (arg_kn l n) (arg_eq n) (guarded l n) r (no n) = true)).
    { destruct (nb n) as [|b bs] eqn:B; [right; split; [auto|]; now destruct r|]. destruct r; try discriminate H; try (apply andb_prop in H as [H1 H2]); auto. }
    destruct D as [[-> [SO S]]|[C S]]. pose proof (sign_node_ok A l Pos n e Hl He' (or_introl (conj eq_refl SO)) S) as P. cbn in *. lra. apply (sign_node_ok A l); auto. Qed.
Lemma reads_ok n b ls e' : reads n b ls = true -> inD (rng b) e' -> exists e, inD (nr n) e /\ map (lk e) ls = e'.
Proof. intros H He. assert (Z : some_of (nr n) = true -> exists z, inD (nr n) z). { unfold some_of. induction (nr n) as [|d ds IH]; cbn [forallb]; intro S. exists []. constructor. apply andb_prop in S as [S1 S2]. destruct (IH S2) as [z J]. exists (0%nat :: z). constructor; [now apply (within_ok _ _ Hgeo)|easy]. }
  assert (K : (if ln_dec ls (seq 0 (length (nr n))) then true else false) && (if lp_dec (rng b) (nr n) then true else false) = true -> exists e, inD (nr n) e /\ map (lk e) ls = e').
  { intro K. apply andb_prop in K as [K1 K2]. destruct (ln_dec _ _); [subst|easy]. destruct (lp_dec _ _) as [E|]; [|easy]. rewrite E in He. exists e'. split; [easy|]. apply map_seq_lk. now apply inr_len in He. }
  unfold reads in H. destruct ls; [|exact (K H)]. destruct (rng b) eqn:R; [|exact (K H)]. destruct (Z H) as [z J]. exists z. split; [exact J|]. inversion He. reflexivity. Qed.
Lemma odd_pw v z : Z.odd z = true -> (0 < z)%Z -> (0 < v -> 0 < pw v z) /\ (v < 0 -> pw v z < 0) /\ (v = 0 -> pw v z = 0).
Proof. intros O P. split; [intro; now apply pw_pos|]. split; [|intros ->; apply pw_0; lia]. intro N. apply Z.odd_spec in O as [k ->]. rewrite pw_add0 by lra. cbn [pw]. replace (2 * k)%Z with (k + k)%Z by lia. rewrite pw_add0 by lra. assert (M : 0 < pw v k * pw v k) by (apply Rsqr_pos_lt, pw_ne0; lra). nra. Qed.
Lemma reach_ok D e : forall ss ls ra, inD D e -> reach D ss ls ra = true -> inD ra (further dv ss (map (lk e) ls)).
Proof. induction ss as [|s ss IH]; intros [|y ls] [|d ra] He H; try discriminate. constructor. cbn [reach] in H. apply andb_prop in H as [H1 H2]. cbn [map further]. constructor; [|now apply IH].
  destruct (nth_error D y) as [d'|] eqn:N. apply (fits_ok _ _ Hgeo _ _ _ H1). now apply (inr_nth dv D e y d'). apply andb_prop in H1 as [S H1]. apply Nat.eqb_eq in S. subst s. apply (lab_inr dv gm Hgeo D e) in H1; [|easy]. inversion H1; subst. easy. Qed.
Lemma further_of_ok a x n ss ls A e : get a = Some n -> further_of a x = Some (ss, ls) -> inD (nr n) e -> val A a e = val A x (further dv ss (map (lk e) ls)) /\ inD (rng x) (further dv ss (map (lk e) ls)) /\ length ss = length ls.
Proof. intros G H He. unfold further_of in H. rewrite G in H. destruct n as [o r0 b al]; cbn [no na nr] in *. destruct o; try discriminate. destruct al as [|[x' ls'] [|]]; try discriminate. destruct (Pos.eqb_spec x x'); [subst x'|discriminate]. destruct (reach _ _ _ _) eqn:RC; [|discriminate]. injection H as <- <-.
  split. rewrite (model _ _ G). reflexivity. split. now apply (reach_ok r0). clear - RC. revert ls' RC. generalize (rng x). induction ss0 as [|s ss0 IH]; intros [|d ra] [|y ls] H; try discriminate; [easy|]. cbn in *. apply andb_prop in H as [_ H]. f_equal. now apply (IH ra). Qed.
Lemma further_zeros n : forall l, further dv (repeat here n) l = l. Proof. induction n; destruct l; cbn; [easy..|]. now rewrite IHn. Qed.
Lemma further_app ss ss' l l' : length ss = length l -> further dv (ss ++ ss') (l ++ l') = further dv ss l ++ further dv ss' l'.
Proof. revert l. induction ss; intros [|x l] H; try discriminate; [easy|]. cbn. f_equal. apply IHss. now injection H. Qed.
Lemma delta_any d d' A e : delta_node d = true -> delta_node d' = true -> val A d e = val A d' e.
Proof. unfold delta_node. destruct (get d) as [n|] eqn:G; [|easy]. destruct (get d') as [n'|] eqn:G'; [|easy]. intros H H'. rewrite (model _ _ G), (model _ _ G'). unfold ev. destruct (no n); try discriminate. now destruct (no n'). Qed.
Lemma pr_nonzero l v : pr l <> 0 -> In v l -> v <> 0.
Proof. induction l as [|x l IH]; intros P I; [easy|]. rewrite pr_cons in P. destruct I as [->|I]. intros ->. apply P. ring. apply IH; [|easy]. intro E. apply P. rewrite E. ring. Qed.
Lemma higher_snoc s ps : forall F p A, higher s F (ps ++ [p]) A = Derive (fun t => higher s F ps (updl A s p t)) (A s p).
Proof. induction ps as [|q ps IH]; cbn [app higher]; intros F p A; [easy|]. apply IH. Qed.
Lemma higher_near s F G : In s vars -> (forall A, RG A -> F A = G A) -> forall ps A, RG A -> higher s F ps A = higher s G ps A.
Proof. intros I E ps. induction ps as [|p ps IH] using rev_ind; intros A HA. now apply E. rewrite !higher_snoc. apply Derive_ext_loc. generalize (opn A s p I HA). apply filter_imp. intros t Ht. now apply IH. Qed.
Lemma earlier_near s F G : In s vars -> (forall A, RG A -> F A = G A) -> forall rs A, RG A -> earlier s G rs A -> earlier s F rs A.
Proof. intros I E rs. induction rs as [|p r IH]; intros A HA; cbn [earlier]; [easy|]. cbv zeta.
  assert (X : ex_derive (fun t => higher s G (rev r) (updl A s p t)) (A s p) -> ex_derive (fun t => higher s F (rev r) (updl A s p t)) (A s p)).
  { apply ex_derive_ext_loc. generalize (opn A s p I HA). apply filter_imp. intros t Ht. symmetry. now apply higher_near. }
  destruct r as [|q r]; [exact X|]. intros [H1 H2]. split; [now apply X|]. generalize (filter_and _ _ (opn A s p I HA) H2). apply filter_imp. intros t [Ht H]. now apply IH. Qed.
Lemma inD_many n W ps : length ps = n -> List.Forall (fun q => inD W q) ps -> inD (many n W) (concat ps).
Proof. intros <- H. induction H; cbn. constructor. now apply inr_app. Qed.
Lemma chop_ok n W : forall l, inD (many (S n) W) l -> length (chop (length W) n l) = n /\ List.Forall (fun q => inD W q) (chop (length W) n l) /\ inD W (skipn (n * length W) l) /\ concat (chop (length W) n l) ++ skipn (n * length W) l = l.
Proof. induction n; intros l H. { unfold many in H. cbn in H. rewrite app_nil_r in H. repeat split; [constructor|exact H]. }
  change (many (S (S n)) W) with (W ++ many (S n) W) in H. unfold inr in H. rewrite map_app in H. apply Forall2_app_inv_r in H as (l1 & l2 & H1 & H2 & ->). assert (L : length l1 = length W) by now apply inr_len in H1.
  cbn [chop]. rewrite firstn_app, skipn_app, <- L, firstn_all, skipn_all, Nat.sub_diag. cbn [firstn skipn app]. rewrite app_nil_r, L. destruct (IHn l2 H2) as (I1 & I2 & I3 & I4). cbn [length concat].
  assert (SK : skipn (S n * length W) (l1 ++ l2) = skipn (n * length W) l2). { rewrite skipn_app, skipn_all2 by lia. cbn [app]. f_equal. lia. } rewrite SK. split; [now rewrite I1|]. split; [now constructor|]. split; [easy|]. now rewrite <- app_assoc, I4. Qed.
Lemma many_snoc n W : many (S n) W = many n W ++ W.
Proof. unfold many. induction n. cbn. now rewrite app_nil_r. change (W ++ concat (repeat W (S n)) = (W ++ concat (repeat W n)) ++ W). rewrite IHn. apply app_assoc. Qed.
Lemma order_of_ok A c n a s W d : order_of c = Some (n, a, s, W, d) -> sem A c -> sem A (Chi n a s W d).
Proof. destruct c; try discriminate; intro H; injection H as <- <- <- <- <-; [|easy]. cbn [sem]. intros S e ps p He L _ Hp. destruct ps; [|discriminate]. cbn [higher concat app]. split; [now apply S|]. now apply filter_forall. Qed.
Lemma read_there_ok A e y : at_ A e y = val A (fst (read_there (length e) y)) (map (fun p => (place dv (fst p) + lk e (snd p))%nat) (snd (read_there (length e) y))).
Proof. rewrite (direct_at A e y). unfold read_there. cbv zeta. set (x := direct 60 _ (fst y) (snd y)).
  assert (P : at_ A e x = val A (fst (fst x, map (fun y : nat => (here, y)) (snd x))) (map (fun p => (place dv (fst p) + lk e (snd p))%nat) (snd (fst x, map (fun y : nat => (here, y)) (snd x))))). { unfold at_; cbn [fst snd]. f_equal. rewrite map_map. now apply map_ext. }
  destruct (get (fst x)) as [[o r b al]|] eqn:G; [|easy]. cbn [no na]. destruct o; try easy. destruct al as [|[c ls] [|]]; try easy. destruct (Nat.eqb_spec (length ss) (length ls)) as [L|]; [|easy]. cbn [fst snd]. unfold at_. rewrite (model _ _ G). unfold ev; cbn [no na map hd fst snd]. f_equal. rewrite comp_ok.
  assert (L' : length ss = length (comp (length e) (snd x) ls)) by (unfold comp; now rewrite map_length). revert L'. generalize (comp (length e) (snd x) ls). clear. induction ss as [|s ss IH]; intros [|z l] L; try discriminate; [easy|]. cbn in *. f_equal. apply IH. now injection L. Qed.
Lemma forall2b_eq P Q : forall2b place_eqb P Q = true -> P = Q.
Proof. revert Q. induction P as [|[a b] P IH]; intros [|[c d] Q] H; try easy. cbn [forall2b] in H. apply andb_prop in H as [H1 H2]. unfold place_eqb in H1; cbn [fst snd] in H1. apply andb_prop in H1 as [H1 H3]. apply Nat.eqb_eq in H1, H3. subst. f_equal. now apply IH. Qed.
Lemma further_nth ss l x : length ss = length l -> (x < length l)%nat -> nth x (further dv ss l) 0%nat = (place dv (nth x ss here) + nth x l 0)%nat.
Proof. revert l x. induction ss as [|s ss IH]; intros [|z l] x L H; try discriminate; cbn in *; [lia|]. destruct x; [easy|]. apply IH; lia. Qed.
Lemma further_length ss l : length (further dv ss l) = length l. Proof. revert l. induction ss; intros [|z l]; cbn; auto. Qed.
Lemma same_place_ok A e ss ls x y : length ss = length ls -> forallb (fun z => Nat.ltb z (length e)) ls = true -> same_place (length e) ss ls x y = true -> at_ A e y = val A (fst x) (map (lk (further dv ss (map (lk e) ls))) (snd x)).
Proof. intros L K H. unfold same_place in H. destruct (read_there (length e) y) as [c P] eqn:R. apply andb_prop in H as [H1 H2]. apply Pos.eqb_eq in H1. apply forall2b_eq in H2. subst c P. rewrite (read_there_ok A e y).
  rewrite R; cbn [fst snd]. f_equal. unfold through. rewrite map_map. apply map_ext. intro z. destruct (Nat.ltb_spec z (length ls)) as [B|B]; cbn [fst snd].
  - unfold index_at at 2. rewrite (nth_indep (further dv ss (map (lk e) ls)) _ 0%nat) by (rewrite further_length, map_length; lia). rewrite further_nth by (rewrite ?map_length; lia). f_equal. rewrite (nth_indep (map (lk e) ls) 0%nat (lk e 0)) by (rewrite map_length; lia). now rewrite map_nth.
  - unfold index_at. rewrite !nth_overflow by (rewrite ?further_length, ?map_length; lia). rewrite further_length, map_length. change (place dv here) with 0%nat. cbn [Nat.add]. f_equal. lia. Qed.
Lemma delta_of_ok A e x p q : delta_of (length e) x = Some (p, q) -> at_ A e x = delta (lk e p) (lk e q).
Proof. unfold delta_of. cbv zeta. rewrite (direct_at A e x). set (y := direct 60 _ (fst x) (snd x)). destruct (get (fst y)) as [n|] eqn:G; [|easy]. destruct (snd y) as [|z [|z' [|]]] eqn:SY; try easy. destruct (no n) eqn:O; try easy. intro H. injection H as <- <-. unfold at_. rewrite (model _ _ G), SY. unfold ev. rewrite O. reflexivity. Qed.
Definition base (d : option positive) : R := match d with Some d => INR (dv d) | None => 0 end.
Lemma extent_of_ok d : INR (dv d) = base (fst (extent_of d)) + IZR (snd (extent_of d)).
Proof. assert (S : INR (dv d) = base (fst (match shift_of gm d with Some (b, z) => (Some b, z) | None => (Some d, 0%Z) end)) + IZR (snd (match shift_of gm d with Some (b, z) => (Some b, z) | None => (Some d, 0%Z) end))).
  { destruct (shift_of gm d) as [[b z]|] eqn:E; cbn [fst snd base]. exact (shift_ok _ _ Hgeo _ _ _ E). ring. }
  destruct d as [p|p|]; try exact S. cbn [extent_of fst snd base]. rewrite (number_ok _ _ Hgeo), INR_IZR_INZ, positive_nat_Z. ring. Qed.
Lemma place_of_ok c : INR (place dv c) = base (fst (place_of c)) + IZR (snd (place_of c)).
Proof. unfold place, place_of. destruct (Pos.of_succ_nat c) as [p|p|]; [apply extent_of_ok| |apply extent_of_ok]. cbn [fst snd base]. rewrite INR_IZR_INZ, Rplus_0_l. f_equal. lia. Qed.
Lemma worth_ok A e x d z : worth (length e) x d z = true -> at_ A e x = base d + IZR z.
Proof. unfold worth. rewrite (direct_at A e x). set (y := direct 60 _ (fst x) (snd x)). destruct (get (fst y)) as [n|] eqn:G; [|easy]. destruct (no n) eqn:O; try easy; intro H; apply andb_prop in H as [H1 H2]; (destruct (op_dec _ _) as [->|]; [|discriminate]); unfold at_; rewrite (model _ _ G); unfold ev; rewrite O.
  - apply Qeq_bool_iff, Qeq_eqR in H2. rewrite qvR, H2. unfold Q2R; cbn [Qnum Qden base]. field.
  - apply Z.eqb_eq in H2. subst z. apply extent_of_ok. Qed.
Lemma at_fixed_ok A e x y p q : at_fixed (length e) x y p q = true -> (at_ A e x = at_ A e y <-> lk e p = lk e q).
Proof. unfold at_fixed. destruct (index_of _ _) as [[lo l]|] eqn:I; [|easy]. apply (index_of_ok A) in I. rewrite I. pose proof (place_of_ok lo) as P. pose proof (place_of_ok (q - length e)) as P'. destruct (place_of lo) as [d z], (place_of (q - length e)) as [d' z']. cbn [fst snd] in P, P'.
  intro H. apply andb_prop in H as [H1 H]. apply andb_prop in H as [H2 H]. apply Nat.eqb_eq in H1. apply Nat.leb_le in H2. subst l. assert (Q : lk e q = place dv (q - length e)) by (unfold index_at; now apply nth_overflow).
  assert (V : at_ A e y = INR (place dv lo) + INR (lk e q)). { rewrite Q, P, P'. destruct d as [d|]; [destruct d' as [d'|]; [discriminate|]|]; apply (worth_ok A) in H; rewrite H, plus_IZR; cbn [base]; ring. }
  rewrite V, <- plus_INR. split; intro E. apply INR_eq in E. lia. now rewrite E. Qed.
Lemma choice_poly_ok A x u v e : pv dv (val A) (choice_poly x u v) e = at_ A e x * at_ A e u + at_ A e v - at_ A e x * at_ A e v.
Proof. unfold choice_poly, efac, pv, mv, at_; cbn [mc md mf map msum pf fv hv pw]. rewrite app_nil_r, Q2R_1. assert (M1 : Q2R (-1) = -1) by (unfold Q2R; cbn; field). rewrite M1. ring. Qed.
Lemma indicator_ok c x y u v t : In t (snd (indicator c)) -> choose c x y u v = let i := tv x y t in if fst (indicator c) then i * v + u - i * u else i * u + v - i * v.
Proof. destruct c; cbn [indicator fst snd]; intro I; repeat (destruct I as [<-|I]; [cbn [tv choose]; unfold qv; cbn [Qnum Qden]; repeat match goal with |- context[if ?d then _ else _] => destruct d end; lra|]); destruct I. Qed.
Lemma decides_ok c q x y u v : x - y = Q2R q -> choose c x y u v = if decides c q then u else v.
Proof. intro E. unfold Q2R in E. assert (P : 0 < / IZR (Zpos (Qden q))) by (apply Rinv_0_lt_compat, IZR_lt; lia). set (i := / _) in *.
  assert (S : ((Qnum q < 0)%Z /\ x < y) \/ (Qnum q = 0%Z /\ x = y) \/ ((0 < Qnum q)%Z /\ y < x)).
  { destruct (Z.lt_trichotomy (Qnum q) 0) as [L|[L|L]]; [left|right; left|right; right]; (split; [easy|]).
    - apply IZR_lt in L. assert (IZR (Qnum q) * i < 0 * i) by now apply Rmult_lt_compat_r. lra.
    - rewrite L in E. lra.
    - apply IZR_lt in L. assert (0 * i < IZR (Qnum q) * i) by now apply Rmult_lt_compat_r. lra. }
  destruct c; cbn [choose decides]; [destruct (Z.ltb_spec (Qnum q) 0)|destruct (Z.leb_spec (Qnum q) 0)|destruct (Z.eqb_spec (Qnum q) 0)|destruct (Z.eqb_spec (Qnum q) 0)]; cbn [negb];
    match goal with |- context[if ?d then _ else _] => destruct d end; try easy; destruct S as [[? ?]|[[? ?]|[? ?]]]; solve [lia|lra]. Qed.
Lemma again_ok A n a s W b d : rng b = rng a ++ many (S n) W -> (forall p, inD W p -> locally (A s p) (fun t => sem (updl A s p t) (Chi n a s W b))) -> sem A (Cder b s W d) -> sem A (Chi (S n) a s W d).
Proof. intros RR N S e ps p' He L HF Hp'. destruct ps as [|pn ps _] using rev_ind; [discriminate|]. rewrite app_length in L. cbn in L. apply List.Forall_app in HF as [HF1 HF2]. inversion HF2 as [|? ? Hn _]; subst.
  assert (I : inD (rng b) (e ++ concat ps ++ pn)). { rewrite RR, many_snoc. apply inr_app; [easy|]. apply inr_app; [|easy]. apply inD_many; [lia|easy]. }
  cbn [sem] in S. specialize (S _ p' I Hp'). rewrite concat_app. cbn [concat]. rewrite app_nil_r. replace (e ++ (concat ps ++ pn) ++ p') with ((e ++ concat ps ++ pn) ++ p') by now rewrite !app_assoc.
  assert (N' : locally (A s p') (fun t => is_derive (fun t0 => higher s (fun A => val A a e) ps (updl (updl A s p' t) s pn t0)) (updl A s p' t s pn) (val (updl A s p' t) b (e ++ concat ps ++ pn)) /\
    locally (updl A s p' t s pn) (fun t0 => earlier s (fun A => val A a e) (rev ps) (updl (updl A s p' t) s pn t0)))).
  { generalize (N p' Hp'). apply filter_imp. intros t D. cbn [sem] in D. apply D; try easy. lia. }
  split.
  - apply is_derive_ext_loc with (2 := S). generalize N'. apply filter_imp. intros t [D _]. rewrite higher_snoc. symmetry. now apply is_derive_unique.
  - generalize N'. apply filter_imp. intros t [D E]. rewrite rev_unit. cbn [earlier]. cbv zeta. rewrite rev_involutive. assert (X : ex_derive (fun t0 => higher s (fun A => val A a e) ps (updl (updl A s p' t) s pn t0)) (updl A s p' t s pn)) by (eexists; exact D). destruct (rev ps); [exact X|now split]. Qed.
Lemma same_ok A i j a b n e : length e = n -> pv dv (val A) (map (where_same i j) (one 1 a n ++ one (-1) b n)) e = - (delta (lk e i) (lk e j) * (val A a e - val A b e)).
Proof. intro L. unfold one, where_same, pv, mv; cbn [map app mc md mf msum pf fv hv pw]. rewrite app_nil_r, map_seq_lk by easy. assert (M1 : Q2R (Qopp 1) = -1) by (unfold Q2R; cbn; field). assert (M2 : Q2R (Qopp (-1)) = 1) by (unfold Q2R; cbn; field). rewrite M1, M2. change (lk [lk e i; lk e j] 0) with (lk e i). change (lk [lk e i; lk e j] 1) with (lk e j). ring. Qed.
Lemma check1_ok cl st c : (forall p c, PM.find p cl = Some c -> valid c) -> check1 hyps cl st = Some c -> valid c.
Proof. intros Hcl H. destruct st; cbn [check1] in H; unfold valid; intros A HA HH.
  - (* Shyp *) ifs. injection H as <-. cbn in *. eapply Hhyp; eauto.
  - (* Sreg *) ifs. injection H as <-. cbn in *. eapply Hreg; eauto.
  - (* Srefl *) injection H as <-. now intros e _.
  - (* Ssym *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate; (destruct (lp_dec _ _) as [R|]; [|discriminate]); injection H as <-; pose proof (Hcl _ _ F A HA HH) as S; [intros e He|intros e He N]; symmetry; apply S; try easy; now rewrite R.
  - (* Strans *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate; destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate.
    + destruct (Pos.eqb_spec b a0); [subst|discriminate]. destruct (lp_dec _ _) as [R|]; [|discriminate]. injection H as <-. cbn [fst] in HH.
      pose proof (Hcl _ _ F A HA) as S. pose proof (Hcl _ _ F' A HA) as S'. cbn [fst snd sem] in *. intros e He. rewrite S by (easy || (intros ->; now apply HH)). apply S'; [intros ->; apply HH, andb_false_r|now rewrite <- R].
    + destruct (_ && _) eqn:C; [|discriminate]. apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C]. apply Nat.eqb_eq in C1, C2. apply Pos.eqb_eq in C. subst. destruct (lp_dec _ _) as [R|]; [|discriminate]. injection H as <-. cbn [fst] in HH.
      pose proof (Hcl _ _ F A HA) as S. pose proof (Hcl _ _ F' A HA) as S'. cbn [fst snd sem] in *. intros e He N. rewrite S by (easy || (intros ->; now apply HH)). apply S'; [intros ->; apply HH, andb_false_r|now rewrite <- R|easy].
  - (* Sring *) ifs. injection H as <-. cbn [fst snd] in *. get_premises Hcl HA HH. intros ix He.
    match goal with Z : zero _ _ _ _ _ = true |- _ => pose proof (zero_ok A _ Hl _ _ _ _ ix Z He) as Z0 end. rewrite pv_app, !one_ok in Z0 by (apply inr_len in He; congruence).
    rewrite Q2R_1 in Z0. assert (Q2R (-1) = -1) as M1 by (unfold Q2R; cbn; field). rewrite M1 in Z0. lra.
  - (* Scong *) destruct (gath cl ps) as [bl|] eqn:G; [|discriminate]. destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct (get b) as [n'|] eqn:E2; [|discriminate]. destruct (op_dec' _ _) as [O|]; [|discriminate]. destruct (lp_dec (nr n) _) as [RR|]; [|discriminate]. destruct (lp_dec (nb n) _) as [BB|]; [|discriminate]. destruct (equations _ _ _ _ _ _) eqn:EQ; [|discriminate]. injection H as <-.
    cbn [fst snd] in *. get_premises Hcl HA HH. intros ix He. unfold equations in EQ. apply andb_prop in EQ as [LN FB]. apply andb_prop in LN as [NS LN]. apply Nat.eqb_eq in LN.
    rewrite (rng_get _ _ E1) in He. rewrite (model _ _ E1), (model _ _ E2). clear E1 E2. destruct n as [o r0 b0 a0], n' as [o' r1 b1 a1]. cbn [no nr nb na] in *. subst o' r1 b1.
    assert (X : forall k, inD b0 k -> map (fun al => val A (fst al) (map (lk (ix ++ k)) (snd al))) a0 = map (fun al => val A (fst al) (map (lk (ix ++ k)) (snd al))) a1).
    { intros k Hk. clear - Hl FB LN He Hk Hgeo. revert a1 LN FB. induction a0 as [|[x lx] a0 IH]; intros [|[y ly] a1] LN FB; try easy. cbn [length combine forallb fst snd map] in *. apply andb_prop in FB as [F1 F2]. rewrite (IH a1) by (easy || lia). f_equal.
      apply andb_prop in F1 as [F1 F3]. apply andb_prop in F3 as [F3 F4]. destruct (ln_dec lx ly); [subst|easy]. apply (eqof_ok A _ Hl); [easy|]. refine (lab_inr dv gm Hgeo _ _ _ _ _ F4). now apply inr_app. }
    unfold ev; cbn [no nb na nr]. destruct o; try discriminate NS; try easy; try (apply msum_ext; intros k Hk; now rewrite X); try (apply mred_ext; intros k Hk; now rewrite X).
    destruct b0 as [|d [|d' [|]]]; try easy. destruct (Pos.eqb_spec d d') as [<-|]; [|easy]. apply matv_ext. intros i j Hi Hj. rewrite X; [easy|]. constructor; [easy|]. constructor; [easy|]. constructor.
  - (* Srule *) destruct (gath cl ps) as [bl|] eqn:G; [|discriminate]. destruct (row_of r c0) as [w|] eqn:RW; [|discriminate]. cbv zeta in H. destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. cbn [fst snd] in *. get_premises Hcl HA HH. intros ix He.
    apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C3]. pose proof (tmatch_in A x y _ ix _ _ He C1) as M1. pose proof (tmatch_in A x y _ ix _ _ He C2) as M2. unfold at_ at 1 in M1. unfold at_ at 1 in M2. cbn [fst snd] in *. pose proof (inr_len _ _ _ He) as LE. rewrite map_seq_lk in M1, M2 by easy. rewrite M1, M2.
    apply (rules_sound r c0 w); [easy|]. exact (conds_ok_ok A _ Hl _ _ _ _ _ _ C3 He).
  - (* Slift *) cbv zeta in H. destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (same_operation _ _ _) eqn:C; [|discriminate]. injection H as <-. cbn [snd sem]. intros ix He. pose proof (inr_len _ _ _ He) as LE. rewrite <- LE in C. apply (same_operation_ok A) in C. unfold at_ in C; cbn [fst snd] in C. now rewrite !map_seq_lk in C by easy.
  - (* Ssgn *) destruct (gath cl ps) as [bl|] eqn:G; [|discriminate]. destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct (sgn _ _ _ _) eqn:C; [|discriminate]. injection H as <-. cbn [fst snd] in *. get_premises Hcl HA HH. intros ix He. now apply (sgn_ok A (map snd bl) r a n).
  - (* Stransfer *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate. destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate. destruct (Pos.eqb_spec a a0); [subst|discriminate]. destruct (lp_dec _ _) as [RR|]; [|discriminate]. injection H as <-. cbn [fst] in HH.
    pose proof (Hcl _ _ F A HA) as S. pose proof (Hcl _ _ F' A HA) as S'. cbn [fst snd sem] in *. intros e He. rewrite <- RR in He. rewrite <- S by (easy || (intros ->; now apply HH)). apply S'; [intros ->; apply HH, andb_false_r|easy].
  - (* Sfactor *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate. destruct (implies r Nonzero) eqn:I; [|discriminate]. destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct n as [o r0 b0 a0]; cbn [no nb na nr] in *. destruct b0; [|discriminate]. destruct (nth_error a0 k) as [[b ls]|] eqn:E2; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. cbn [fst snd] in *.
    apply andb_prop in C as [C1 C2]. pose proof (Hcl _ _ F A HA HH) as S. intros e' He'. destruct (reads_ok _ _ _ _ C1 He') as (e & He & EQ). cbn [nr] in He. cbn [snd sem] in S. specialize (S e). rewrite (rng_get _ _ E1) in S. cbn [nr] in S. specialize (S He). apply (implies_ok _ _ _ I) in S. cbn [rv] in *. rewrite (model _ _ E1) in S. unfold ev in S; cbn [no nb na map msum] in S.
    assert (IV : In (val A b e') (map (fun al => val A (fst al) (map (lk (e ++ [])) (snd al))) a0)). { apply in_map_iff. exists (b, ls). cbn [fst snd]. rewrite app_nil_r, EQ. split; [easy|]. eapply nth_error_In; eauto. }
    destruct o; try discriminate C2; cbn [opv] in S.
    + now apply (pr_nonzero _ _ S).
    + destruct a0 as [|al [|]]; try discriminate. cbn in IV, S. destruct IV as [<-|[]]. exact S.
    + apply andb_prop in C2 as [C2 C3]. destruct a0 as [|al [|]]; try discriminate. cbn [map hd] in IV, S. destruct IV as [<-|[]]. intro Z. apply S. rewrite Z. unfold qpow. assert (RZ : root (Qden q) 0 = 0). { destruct (Pos.eq_dec (Qden q) 1) as [->|D]. reflexivity. apply root_neg; [easy|lra]. } rewrite RZ. apply pw_0. intro Z2. now rewrite Z2 in C3.
    + destruct u; try discriminate C2. destruct a0 as [|al [|]]; try discriminate. cbn [map hd uv] in IV, S. destruct IV as [<-|[]]. intro Z. apply S. rewrite Z. apply Rabs_R0.
  - (* Sargument *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate. destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct n as [o r0 b0 a0]; cbn [no nb na nr] in *.
    assert (K : exists b ls (f : R -> R), b0 = [] /\ a0 = [(b, ls)] /\ reads (Nd o r0 b0 a0) b ls = true /\ c = (m, Csgn r b) /\ match r with Pos | Nonneg | Nonzero => true | _ => false end = true /\ (forall vs, opv Fn o vs = f (hd 0 vs)) /\ (match o with Opow _ | Oun _ => True | _ => False end) /\
      forall v, (0 < v -> 0 < f v) /\ (v < 0 -> f v < 0) /\ (v = 0 -> f v = 0)).
    { destruct o; try discriminate; (destruct b0; [|discriminate]); (destruct a0 as [|[b ls] [|]]; try discriminate); (destruct (_ && _) eqn:C; [|discriminate]); injection H as <-; apply andb_prop in C as [C1 C2]; apply andb_prop in C2 as [C2 C3].
      - exists b, ls, (fun v => qpow v q). repeat (split; [easy|]). intro v. apply andb_prop in C2 as [D1 C2]. apply andb_prop in C2 as [D2 D3]. apply Pos.eqb_eq in D1. apply Z.ltb_lt in D3. unfold qpow. rewrite D1. cbn [root]. now apply odd_pw.
      - exists b, ls, (uv u). repeat (split; [easy|]). intro v. now apply sign_of_argument_cases. }
    destruct K as (b & ls & f & -> & -> & C1 & -> & C3 & OF & OP & CS). cbn [fst snd] in *. pose proof (Hcl _ _ F A HA HH) as S. intros e' He'. destruct (reads_ok _ _ _ _ C1 He') as (e & He & EQ). cbn [nr] in He. cbn [snd sem] in S. specialize (S e). rewrite (rng_get _ _ E1) in S. cbn [nr] in S. specialize (S He). rewrite (model _ _ E1) in S.
    assert (V : ev dv Fn A (val A) (Nd o r0 [] [(b, ls)]) e = f (val A b e')) by (unfold ev; cbn [no nb na]; destruct o; try (now elim OP); cbn [map msum]; rewrite OF; cbn [hd fst snd]; now rewrite app_nil_r, EQ). rewrite V in S. clear V.
    destruct (CS (val A b e')) as (K1 & K2 & K3). destruct r; try discriminate; cbn [rv] in *; destruct (Rtotal_order (val A b e') 0) as [L|[L|L]]; try lra; try (specialize (K2 L); lra); try (specialize (K3 L); lra).
  - (* Sder *) destruct (gath cl ps) as [bl|] eqn:G; [|discriminate]. destruct (get a) as [n|] eqn:E1; [|discriminate]. cbv zeta in H. destruct (derpoly _ _ _ _ _ _ _) as [q|] eqn:DP; [|discriminate]. destruct (zero _ _ _ _ _) eqn:ZZ; [|discriminate]. injection H as <-. cbn [fst snd] in *. get_premises Hcl HA HH. intros ix pp He Hp. rewrite (rng_get _ _ E1) in He.
    pose proof (derpoly_ok A _ s W n _ a _ _ Hl E1 DP ix pp He Hp) as G0. assert (HE : inD (nr n ++ W) (ix ++ pp)) by now apply inr_app.
    pose proof (zero_ok A _ Hl _ _ _ _ _ ZZ HE) as Z. rewrite pv_app, one_ok in Z. 2:{ rewrite app_length. apply inr_len in He, Hp. congruence. }
    assert (Q2R (-1) = -1) as M1 by (unfold Q2R; cbn; field). rewrite M1 in Z. match type of G0 with is_derive _ _ ?V => match goal with |- is_derive _ _ ?V2 => replace V2 with V by lra end end. exact G0.
  - (* Sderto *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate; destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate; (destruct (Pos.eqb_spec d a0); [subst|discriminate]); (destruct (lp_dec _ _) as [RR|]; [|discriminate]); injection H as <-; cbn [fst] in HH;
      pose proof (Hcl _ _ F A HA) as S; pose proof (Hcl _ _ F' A HA) as S'; cbn [fst snd sem] in *.
    + intros e pp He Hp. rewrite <- S'. apply S; auto. intros ->; now apply HH. intros ->; apply HH, andb_false_r. rewrite RR. now apply inr_app.
    + intros e He. rewrite <- RR in He. rewrite <- S'. apply S; auto. intros ->; now apply HH. intros ->; apply HH, andb_false_r. easy.
  - (* Sderfun *) destruct (PM.find p cl) as [[[] []]|] eqn:F; try discriminate. destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate. destruct (existsb (Pos.eqb s) vars) eqn:IV; [|discriminate]. cbn [andb] in H. destruct (Pos.eqb_spec b a0); [subst|discriminate]. cbn [andb] in H. destruct (lp_dec _ _) as [RE|]; [|discriminate]. injection H as <-. cbn [fst snd] in *.
    pose proof (Hcl _ _ F' A HA HH) as S. cbn [snd sem] in *. intros ix' p' He' Hp'. specialize (S ix' p' ltac:(congruence) Hp').
    assert (EQ : forall A, RG A -> val A a ix' = val A a0 ix') by (intros A' HA'; exact (Hcl _ _ F A' HA' ltac:(cbn; discriminate) ix' He')).
    apply existsb_exists in IV as (s' & I & E). apply Pos.eqb_eq in E. subst s'.
    apply is_derive_ext_loc with (2 := S). generalize (opn A s p' I HA). apply filter_imp. intros t Ht. symmetry. now apply EQ.
  - (* Sentry *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate. destruct (get d) as [n|] eqn:E1; [|discriminate]. cbv zeta in H. destruct n as [o r0 b0 a0]; cbn [no nb na nr] in *. destruct o; try discriminate. destruct b0; [|discriminate]. destruct a0 as [|[d1 ls] [|]]; try discriminate. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. cbn [fst snd] in *.
    apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C]. apply andb_prop in C as [C0 C]. apply andb_prop in C as [C3 C4]. apply Nat.leb_le in C0. apply Pos.eqb_eq in C1. subst d1. destruct (ln_dec _ _) as [FI|]; [|discriminate]. pose proof (Hcl _ _ F A HA HH) as S. cbn [snd sem] in *. intros e He. rewrite (rng_get _ _ E1) in He. cbn [nr] in He.
    pose proof (lab_inr dv gm Hgeo r0 e _ _ He C3) as B1. pose proof (lab_inr dv gm Hgeo r0 e _ _ He C4) as B2.
    assert (FE : map (lk e) (seq 0 (length (rng a))) = firstn (length (rng a)) e). { pose proof (inr_len _ _ _ B1) as L1. clear - He C0. set (r := length (rng a)) in *. assert (LE : (r <= length e)%nat) by (rewrite (inr_len _ _ _ He); exact C0).
      rewrite <- (map_seq_lk (firstn r e) r) by (apply firstn_length_le; lia). apply map_ext_in. intros x I. apply in_seq in I. rewrite <- (firstn_skipn r e) at 1. apply lk_app_l. rewrite firstn_length_le; lia. }
    rewrite FE in B1. specialize (S _ _ B1 B2). rewrite (model _ _ E1). unfold ev; cbn [no nb na map msum opv fst snd sm]. rewrite app_nil_r. rewrite <- (firstn_skipn (length (rng a)) ls) at 2. rewrite map_app, FI, FE. exact S.
  - (* Sshift *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate; destruct (get a) as [n|] eqn:E1; try discriminate.
    + destruct (get b) as [n'|] eqn:E2; [|discriminate]. destruct (further_of a a0) as [[ss ls]|] eqn:FO; [|discriminate]. destruct (shifted_pair _ _ _ _ _) eqn:SP; [|discriminate]. injection H as <-. pose proof (Hcl _ _ F A HA HH) as S. cbn [snd sem] in *. intros e He. rewrite (rng_get _ _ E1) in He.
      destruct (further_of_ok _ _ _ _ _ A e E1 FO He) as (V & I & _). unfold shifted_pair in SP. destruct n' as [o' r' b' al']; cbn [no na nr] in *. destruct o'; try discriminate. destruct al' as [|[y' ls'] [|]]; try discriminate. apply andb_prop in SP as [P1 SP]. apply andb_prop in SP as [P2 SP]. apply andb_prop in SP as [P3 _].
      apply Pos.eqb_eq in P1. destruct (ln_dec ss _) as [<-|]; [|discriminate]. destruct (ln_dec ls _) as [<-|]; [|discriminate]. subst y'. rewrite V, (model _ _ E2). unfold ev; cbn [no na map hd fst snd]. now apply S.
    + destruct (further_of a a0) as [[ss ls]|] eqn:FO; [|discriminate]. injection H as <-. pose proof (Hcl _ _ F A HA HH) as S. cbn [snd sem] in *. intros e He. rewrite (rng_get _ _ E1) in He. destruct (further_of_ok _ _ _ _ _ A e E1 FO He) as (V & I & _). rewrite V. now apply S.
    + destruct (get b) as [n'|] eqn:E2; [|discriminate]. destruct (further_of a a0) as [[ss ls]|] eqn:FO; [|discriminate]. destruct (_ && _) eqn:SP; [|discriminate]. injection H as <-. pose proof (Hcl _ _ F A HA HH) as S. cbn [snd sem] in *. intros e pp He Hp. rewrite (rng_get _ _ E1) in He. apply andb_prop in SP as [LT SP].
      destruct (further_of_ok _ _ _ _ _ A e E1 FO He) as (V & I & LN). specialize (S _ pp I Hp). unfold shifted_derivative in SP. destruct n' as [o' r' b' al']; cbn [no na nr] in *. destruct o'; try discriminate. destruct al' as [|[d' ls'] [|]]; try discriminate. apply andb_prop in SP as [P1 SP]. apply andb_prop in SP as [P2 P3].
      destruct (ln_dec _ _) as [EQ1|]; [|discriminate]. destruct (ln_dec ls' _) as [EQ2|]; [|discriminate]. subst ss0 ls'.
      assert (X : val A b (e ++ pp) = val A d (further dv ss (map (lk e) ls) ++ pp)).
      { rewrite (model _ _ E2). unfold ev; cbn [no na map hd fst snd]. pose proof (inr_len _ _ _ He) as LE. pose proof (inr_len _ _ _ Hp) as LP.
        assert (M1 : map (lk (e ++ pp)) ls = map (lk e) ls). { apply map_ext_in. intros y Iy. rewrite forallb_forall in LT. specialize (LT y Iy). apply Nat.ltb_lt in LT. apply lk_app_l. lia. }
        assert (M2 : map (lk (e ++ pp)) (seq (length (nr n)) (length W)) = pp). { rewrite <- LP. apply nth_ext with 0%nat 0%nat. now rewrite map_length, seq_length. intros j Hj. rewrite map_length, seq_length in Hj. rewrite (nth_indep _ 0%nat (lk (e ++ pp) 0)) by now rewrite map_length, seq_length. rewrite map_nth, seq_nth by easy. rewrite lk_app_r by lia. replace (length (nr n) + j - length e)%nat with j by lia. now apply nth_indep. }
        rewrite map_app, M1, M2, further_app by now rewrite map_length. rewrite further_zeros. apply orb_prop in P1 as [P1|P1]. apply Pos.eqb_eq in P1. now subst. apply andb_prop in P1 as [P1 P4]. now apply delta_any. }
      rewrite X. apply is_derive_ext with (2 := S). intro t. symmetry. now destruct (further_of_ok _ _ _ _ _ (updl A s pp t) e E1 FO He).
  - (* Sunder *) destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct (get b) as [n'|] eqn:E2; [|discriminate]. destruct n as [o r0 b0 a0]; cbn [no nb na nr] in *. destruct o; try discriminate. destruct a0 as [|[x ls] [|]]; try discriminate. destruct (get x) as [[o1 r1 b1 a1]|] eqn:E3; [|discriminate]. destruct n' as [o' r2 b2 a2]; cbn [no nb na nr] in *. destruct b1; [|discriminate]. destruct b2; [|discriminate].
    assert (K : (if op_dec' o1 o' then true else false) && ((if lp_dec r0 r2 then true else false) && (Nat.eqb (length ss) (length ls) && (forallb (fun y => Nat.ltb y (length r0)) ls && forall2b (same_place (length r0) ss ls) a1 a2))) = true /\ c = (true, Ceq a b) /\ match o1 with Oadd | Omul | Oid | Opow _ | Oun _ | Obi _ | Osel _ | Ofun _ => True | _ => False end).
    { destruct o1; try discriminate; (match type of H with (if ?k then _ else _) = _ => destruct k; [|discriminate] end); now injection H as <-. }
    destruct K as (K & -> & OP). apply andb_prop in K as [K1 K]. apply andb_prop in K as [K2 K]. apply andb_prop in K as [K3 K]. apply andb_prop in K as [K4 K5]. destruct (op_dec' o1 o') as [<-|]; [|discriminate]. destruct (lp_dec r0 r2) as [<-|]; [|discriminate]. apply Nat.eqb_eq in K3. cbn [snd sem]. intros e He. rewrite (rng_get _ _ E1) in He. cbn [nr] in He.
    rewrite (model _ _ E1), (model _ _ E2). unfold ev at 1; cbn [no na map hd fst snd]. rewrite (model _ _ E3).
    assert (X : map (fun al => val A (fst al) (map (lk (further dv ss (map (lk e) ls) ++ [])) (snd al))) a1 = map (fun al => val A (fst al) (map (lk (e ++ [])) (snd al))) a2).
    { rewrite !app_nil_r. rewrite <- (inr_len _ _ _ He) in K4, K5. clear - model K3 K4 K5. revert a2 K5. induction a1 as [|al a1 IH]; intros [|al' a2] H; try easy. cbn [forall2b] in H. apply andb_prop in H as [H1 H2]. cbn [map]. rewrite (IH _ H2). f_equal. symmetry. exact (same_place_ok A e ss ls al al' K3 K4 H1). }
    unfold ev; cbn [no nb na nr]. destruct o1; try (now elim OP); cbn [map msum]; now rewrite X.
  - (* Sdelta *) destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct (na n) as [|X [|Y rest]]; try discriminate. cbv zeta in H. destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (tmatch _ _ _ _ _) eqn:TM; [|discriminate]. destruct (index_of _ X) as [[lo x]|] eqn:IX; [|discriminate]. destruct (index_of _ Y) as [[lo' y]|] eqn:IY; [|discriminate]. destruct (delta_of _ _) as [[u v]|] eqn:D; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. cbn [snd sem]. intros e He.
    pose proof (inr_len _ _ _ He) as LE. apply (tmatch_in A X Y _ e _ _ He) in TM. unfold at_ at 1 in TM. cbn [fst snd] in TM. rewrite map_seq_lk in TM by easy. rewrite TM. rewrite <- LE in IX, IY, D. apply (index_of_ok A) in IX, IY. apply (delta_of_ok A) in D. unfold at_ in D; cbn [fst snd] in D. rewrite map_seq_lk in D by easy. rewrite D. cbn [tv]. rewrite IX, IY.
    apply andb_prop in C as [C1 C2]. apply Nat.eqb_eq in C1. subst lo'. assert (S : (lk e x = lk e u /\ lk e y = lk e v) \/ (lk e x = lk e v /\ lk e y = lk e u)). { unfold place_eqb in C2; cbn [fst snd] in C2. apply orb_prop in C2 as [C2|C2]; apply andb_prop in C2 as [C2 C3]; apply Nat.eqb_eq in C2, C3; subst; auto. }
    unfold delta, qv; cbn [choose Qnum Qden]. destruct (Req_EM_T _ _) as [E|N]; destruct (Nat.eqb_spec (lk e u) (lk e v)) as [E'|N']; try easy; exfalso.
    + apply INR_eq in E. apply N'. destruct S as [[S1 S2]|[S1 S2]]; lia.
    + apply N. f_equal. destruct S as [[S1 S2]|[S1 S2]]; lia.
  - (* Sdeltanum *) destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct (na n) as [|X [|Y rest]]; try discriminate. cbv zeta in H. destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (tmatch _ _ _ _ _) eqn:TM; [|discriminate]. destruct (delta_of _ _) as [[u v]|] eqn:D; [|discriminate]. destruct (_ || _) eqn:C; [|discriminate]. injection H as <-. cbn [snd sem]. intros e He.
    pose proof (inr_len _ _ _ He) as LE. apply (tmatch_in A X Y _ e _ _ He) in TM. unfold at_ at 1 in TM. cbn [fst snd] in TM. rewrite map_seq_lk in TM by easy. rewrite TM. rewrite <- LE in C, D. apply (delta_of_ok A) in D. unfold at_ in D; cbn [fst snd] in D. rewrite map_seq_lk in D by easy. rewrite D. cbn [tv].
    assert (S : at_ A e X = at_ A e Y <-> lk e u = lk e v). { apply orb_prop in C as [C|C]; apply orb_prop in C as [C|C]; apply (at_fixed_ok A) in C; split; intro E; (symmetry; apply C; now symmetry) || (apply C; now symmetry) || (symmetry; now apply C) || now apply C. }
    unfold delta, qv; cbn [choose Qnum Qden]. destruct (Req_EM_T _ _) as [E|N]; destruct (Nat.eqb_spec (lk e u) (lk e v)) as [E'|N']; try easy; exfalso. now apply N', S. now apply N, S.
  - (* Shentry *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate. destruct (get d) as [n'|] eqn:E1; [|discriminate]. cbv zeta in H. destruct n' as [o r0 b0 a0]; cbn [no nb na nr] in *. destruct o; try discriminate. destruct b0; [|discriminate]. destruct a0 as [|[d1 ls] [|]]; try discriminate. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. cbn [fst snd] in *.
    apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C]. apply andb_prop in C as [C0 C]. apply andb_prop in C as [C3 C4]. apply Nat.leb_le in C0. apply Pos.eqb_eq in C1. subst d1. destruct (ln_dec _ _) as [FI|]; [|discriminate]. pose proof (Hcl _ _ F A HA HH) as S. cbn [snd sem] in *. intros e He. rewrite (rng_get _ _ E1) in He. cbn [nr] in He.
    pose proof (lab_inr dv gm Hgeo r0 e _ _ He C3) as B1. pose proof (lab_inr dv gm Hgeo r0 e _ _ He C4) as B2.
    assert (FE : map (lk e) (seq 0 (length (rng a))) = firstn (length (rng a)) e). { pose proof (inr_len _ _ _ B1) as L1. clear - He C0. set (r := length (rng a)) in *. assert (LE : (r <= length e)%nat) by (rewrite (inr_len _ _ _ He); exact C0).
      rewrite <- (map_seq_lk (firstn r e) r) by (apply firstn_length_le; lia). apply map_ext_in. intros x I. apply in_seq in I. rewrite <- (firstn_skipn r e) at 1. apply lk_app_l. rewrite firstn_length_le; lia. }
    rewrite FE in B1. destruct (chop_ok _ _ _ B2) as (C6 & C7 & C8 & C9). specialize (S _ _ _ B1 C6 C7 C8). rewrite C9 in S. cbv zeta. rewrite (model _ _ E1). unfold ev; cbn [no nb na map msum opv fst snd sm]. rewrite app_nil_r. assert (LS : map (lk e) ls = firstn (length (rng a)) e ++ map (lk e) (skipn (length (rng a)) ls)) by (rewrite <- (firstn_skipn (length (rng a)) ls) at 1; now rewrite map_app, FI, FE). rewrite LS. exact S.
  - (* Sagain *) destruct (PM.find p cl) as [[[] c1]|] eqn:F; try discriminate. destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate. destruct (order_of c1) as [[[[[n0 a0] s0] W0] b0]|] eqn:O; try discriminate.
    destruct (existsb (Pos.eqb s0) vars) eqn:IV; [|discriminate]. cbn [andb] in H. destruct (Pos.eqb_spec s0 s); [subst s0|discriminate]. cbn [andb] in H. destruct (Pos.eqb_spec b0 a); [subst b0|discriminate]. destruct (lp_dec W0 W); [subst W0|discriminate]. destruct (lp_dec _ _) as [RR|]; [|discriminate]. injection H as <-. cbn [fst snd] in *.
    apply existsb_exists in IV as (s' & I & E). apply Pos.eqb_eq in E. subst s'. apply (again_ok A n0 a0 s W a d RR); [|exact (Hcl _ _ F' A HA HH)]. intros p' _. generalize (opn A s p' I HA). apply filter_imp. intros t Ht. exact (order_of_ok _ _ _ _ _ _ _ O (Hcl _ _ F _ Ht ltac:(cbn; discriminate))).
  - (* Shito *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate; destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate; (destruct (Pos.eqb_spec d a0); [subst|discriminate]); (destruct (lp_dec _ _) as [RR|]; [|discriminate]); injection H as <-; cbn [fst] in HH;
      pose proof (Hcl _ _ F A HA) as S; pose proof (Hcl _ _ F' A HA) as S'; cbn [fst snd sem] in *.
    + intros e He. cbv zeta. rewrite <- RR in He. rewrite <- S'. apply S; auto. intros ->; now apply HH. intros ->; apply HH, andb_false_r. easy.
    + intros e ps pp He L HF Hp. rewrite <- S'. apply S; auto. intros ->; now apply HH. intros ->; apply HH, andb_false_r. rewrite RR, many_snoc. apply inr_app; [easy|]. apply inr_app; [|easy]. now apply inD_many.
  - (* Shifun *) destruct (PM.find p cl) as [[[] []]|] eqn:F; try discriminate. destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate. destruct (existsb (Pos.eqb s) vars) eqn:IV; [|discriminate]. cbn [andb] in H. destruct (Pos.eqb_spec b a0); [subst|discriminate]. destruct (lp_dec _ _) as [RE|]; [|discriminate]. injection H as <-. cbn [fst snd] in *.
    pose proof (Hcl _ _ F' A HA HH) as S. cbn [snd sem] in *. intros e ps p' He L HF Hp'. assert (He' : inD (rng a0) e) by congruence. specialize (S e ps p' He' L HF Hp'). apply existsb_exists in IV as (s' & I & E). apply Pos.eqb_eq in E. subst s'.
    destruct S as [S S2]. assert (EQ : forall A', RG A' -> val A' a e = val A' a0 e) by (intros A' HA'; exact (Hcl _ _ F A' HA' ltac:(cbn; discriminate) e He)). split.
    + apply is_derive_ext_loc with (2 := S). generalize (opn A s p' I HA). apply filter_imp. intros t Ht. symmetry. now apply higher_near.
    + generalize (filter_and _ _ (opn A s p' I HA) S2). apply filter_imp. intros t [Ht H]. revert H. now apply earlier_near.
  - (* Sdecided *) destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct (get b) as [n'|] eqn:E2; [|discriminate]. destruct n as [o r0 b0 a0], n' as [o' r1 b1 a1]; cbn [no nb na nr] in *. destruct o; try discriminate. destruct b0; [|discriminate]. destruct a0 as [|X [|Y [|u [|v [|]]]]]; try discriminate.
    destruct o'; try discriminate. destruct b1; [|discriminate]. destruct a1 as [|X' [|Y' [|u' [|v' [|]]]]]; try discriminate. destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (cmp_dec c0 c1); [subst c1|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. cbn [snd sem]. intros e He.
    apply andb_prop in C as [C C2]. apply andb_prop in C as [C0 C1]. apply andb_prop in C2 as [C2 C3]. rewrite <- (inr_len _ _ _ He) in C0, C1, C2, C3. apply (eqe_ok A) in C0, C1.
    rewrite (model _ _ E1), (model _ _ E2). unfold ev; cbn [no nb na map msum opv hd nth]. rewrite app_nil_r. fold (at_ A e X) (at_ A e Y) (at_ A e u) (at_ A e v) (at_ A e X') (at_ A e Y') (at_ A e u') (at_ A e v'). rewrite <- C0, <- C1.
    destruct (choose_either c0 (at_ A e X) (at_ A e Y)) as [K|K]; rewrite !K. exact (alike_ok A e c0 X Y true K 60 _ _ C2). exact (alike_ok A e c0 X Y false K 60 _ _ C3).
  - (* Schoice *) destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct n as [o r0 b0 a0]; cbn [no nb na nr] in *. destruct o; try discriminate. destruct b0; [|discriminate]. destruct a0 as [|X [|Y [|u [|v [|]]]]]; try discriminate. destruct (indicator c0) as [other ts] eqn:IC. destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-.
    apply andb_prop in C as [C1 C2]. apply existsb_exists in C1 as (t & It & C1). cbn [snd sem]. intros e He. pose proof (zero_ok A [] (fun c I => match I with end) _ _ _ _ e C2 He) as Z. rewrite pv_app, one_ok in Z by (apply inr_len in He; congruence).
    assert (M1 : Q2R (-1) = -1) by (unfold Q2R; cbn; field). rewrite M1 in Z. pose proof (tmatch_in A X Y _ e t _ He C1) as TM. rewrite (model _ _ E1). unfold ev; cbn [no nb na map msum opv hd nth]. rewrite app_nil_r.
    fold (at_ A e X) (at_ A e Y) (at_ A e u) (at_ A e v). rewrite (indicator_ok c0 _ _ _ _ t) by now rewrite IC. cbv zeta. rewrite IC. cbn [fst]. rewrite <- TM. destruct other; rewrite choice_poly_ok in Z; lra.
  - (* Ssettled *) destruct (gath cl ps) as [bl|] eqn:G; [|discriminate]. destruct (get a) as [n|] eqn:E1; [|discriminate]. destruct n as [o r0 b0 a0]; cbn [no nb na nr] in *. destruct o; try discriminate. destruct b0; [|discriminate]. destruct a0 as [|X [|Y [|u [|v [|]]]]]; try discriminate. cbv zeta in H.
    destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. cbn [fst snd] in *. get_premises Hcl HA HH. apply andb_prop in C as [C1 C2]. intros e He. pose proof (inr_len _ _ _ He) as LE.
    pose proof (zero_ok A _ Hl _ _ _ _ e C2 He) as Z. unfold pv, mv in Z; cbn [mc md mf map msum pf efac fv hv pw fst snd] in Z. rewrite !app_nil_r, Q2R_1, Q2R_opp in Z. assert (M1 : Q2R (-1) = -1) by (unfold Q2R; cbn; field). rewrite M1 in Z.
    rewrite <- LE in C1. apply (eqe_ok A) in C1. assert (B : at_ A e (b, seq 0 (length e)) = val A b e) by (unfold at_; cbn [fst snd]; now rewrite map_seq_lk).
    rewrite (model _ _ E1). unfold ev; cbn [no nb na map msum opv hd nth]. rewrite app_nil_r. fold (at_ A e X) (at_ A e Y) (at_ A e u) (at_ A e v) in Z |- *. rewrite (decides_ok c0 q) by lra. rewrite <- B, <- C1. now destruct (decides c0 q).
  - (* Sapart *) destruct (gath cl ps) as [bl|] eqn:G; [|discriminate]. cbv zeta in H. destruct (lp_dec _ _) as [RR|]; [|discriminate]. destruct (zero _ _ _ _ _) eqn:Z; [|discriminate]. injection H as <-. cbn [fst snd] in *. get_premises Hcl HA HH. intros e He N.
    pose proof (inr_len _ _ _ He) as LE. pose proof (zero_ok A _ Hl _ _ _ _ e Z He) as Z0. rewrite pv_app, same_ok, pv_app, !one_ok, delta_neq, Q2R_1 in Z0 by easy. assert (M1 : Q2R (-1) = -1) by (unfold Q2R; cbn; field). rewrite M1 in Z0. lra.
  - (* Sweaken *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate. injection H as <-. pose proof (Hcl _ _ F A HA HH) as S. intros e He _. now apply S.
  - (* Scases *) destruct (PM.find p cl) as [[m []]|] eqn:F; try discriminate. destruct (PM.find q cl) as [[m' []]|] eqn:F'; try discriminate. destruct (get a0) as [[o r b1 al]|] eqn:E1; [|discriminate]. destruct (get b0) as [[o' r' b1' al']|] eqn:E2; [|discriminate]. cbn [no nb na nr] in H.
    destruct o; try discriminate. destruct b1; [|discriminate]. destruct al as [|[a' L] [|]]; try discriminate. destruct o'; try discriminate. destruct b1'; [|discriminate]. destruct al' as [|[b' L'] [|]]; try discriminate. cbv zeta in H.
    destruct (lp_dec r r') as [<-|]; [|discriminate]. destruct (ln_dec L L') as [<-|]; [|discriminate]. destruct (ln_dec _ _) as [T1|]; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C]. apply Pos.eqb_eq in C1, C2. subst a' b'. injection H as <-. cbn [fst] in HH.
    pose proof (Hcl _ _ F A HA) as S. pose proof (Hcl _ _ F' A HA) as S'. cbn [fst snd sem] in *. intros e He. destruct (Nat.eq_dec (lk e i) (lk e j)) as [Q|N]. 2:{ apply S; try easy. intros ->; now apply HH. }
    pose proof (lab_inr dv gm Hgeo (rng a) e _ _ He C) as B. set (J := seq 0 j ++ _) in *. rewrite (rng_get _ _ E1) in S'. cbn [nr] in S'. specialize (S' ltac:(intros ->; apply HH, andb_false_r) _ B). rewrite (model _ _ E1), (model _ _ E2) in S'. unfold ev in S'; cbn [no nb na map msum opv sm fst snd] in S'.
    pose proof (inr_len _ _ _ He) as LE. assert (K : map (lk (map (lk e) J ++ [])) L = e). { rewrite app_nil_r, comp_ok, LE, T1, map_map. transitivity (map (lk e) (seq 0 (length (rng a)))); [|now apply map_seq_lk]. apply map_ext. intro k. destruct (Nat.eqb_spec k j); [now subst|easy]. }
    now rewrite K in S'.
  - (* Sonce *) destruct (get n) as [m|] eqn:G; [|discriminate]. destruct (PM.find p cl) as [[md0 []]|] eqn:F; try discriminate. destruct r; try discriminate. destruct (extremum m) as [[[r b] ls]|] eqn:X; [|discriminate]. cbv zeta in H. destruct (_ && _) eqn:C; [|discriminate]. destruct (lp_dec _ _) as [RV|]; [|discriminate]. injection H as <-.
    apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C]. apply andb_prop in C as [C3 C4]. destruct (counts_ok A n m r b ls c0 G X C1) as [RC VC]. destruct (extremum_ok _ _ _ _ X) as (_ & _ & NP). pose proof (Hcl _ _ F A HA HH) as S. cbn [fst snd sem] in *. rewrite RC, RV in *. intros e He. specialize (S e He). pose proof (inr_len _ _ _ He) as LE. rewrite (is_one_ok A _ z e LE C2).
    assert (E : val A a e = 2 - val A c0 e). { rewrite <- LE in C4. apply orb_prop in C4 as [C4|C4]; apply (tmatch_ok A) in C4; unfold at_ in C4; cbn [fst snd tv] in C4; rewrite map_seq_lk in C4 by easy; rewrite C4; unfold qv; cbn [Qnum Qden]; ring. }
    cbn [rv] in S. rewrite E in S. rewrite (VC e He) in S |- *. apply one_hit; [easy| |lra]. intros d Hd. now apply (some_ok (nb m)).
  - (* Sattained *) destruct (get n) as [m|] eqn:G; [|discriminate]. destruct (extremum m) as [[[r' b] ls]|] eqn:X; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. injection H as <-. apply andb_prop in C as [C1 C]. apply andb_prop in C as [C2 C3]. destruct (counts_ok A n m r' b ls c0 G X C1) as [RC VC]. destruct (extremum_ok _ _ _ _ X) as (_ & _ & NP). cbn [fst snd sem]. rewrite RC. intros e He. apply (implies_ok _ _ _ C3). cbn [rv]. rewrite (VC e He).
    apply Rlt_le_trans with 1; [lra|]. apply some_hit; [easy|]. intros d Hd. now apply (some_ok (nb m)).
  - (* Sany *) discriminate.
  - (* Sstays *) discriminate. Qed.
End HYPS.
Lemma locally_sign r f (x : R) : lasts r = true -> continuous f x -> rv r (f x) -> locally x (fun t => rv r (f t)).
Proof. intros O C H. destruct r; try discriminate O; cbn [rv] in *. exact (C (fun v => 0 < v) (open_gt 0 _ H)). exact (C (fun v => v <> 0) (open_neq 0 _ H)).
  destruct (base_Int_part (f x)) as [B1 B2]. set (n := Int_part (f x)) in *. assert (B : IZR n < f x). { destruct B1 as [B1|B1]; [easy|]. elim H. now exists n. }
  assert (B3 : f x < IZR n + 1) by lra. assert (L1 : locally x (fun t => IZR n < f t)) by exact (C (fun v => IZR n < v) (open_gt _ _ B)). assert (L2 : locally x (fun t => f t < IZR n + 1)) by exact (C (fun v => v < IZR n + 1) (open_lt _ _ B3)).
  generalize (filter_and _ _ L1 L2). clear L1 L2. apply filter_imp. intros t [L1 L2] [z E]. rewrite E in L1, L2. apply lt_IZR in L1. rewrite <- plus_IZR in L2. apply lt_IZR in L2. lia. Qed.
Lemma stays_ok A l s W c : (forall c, In c l -> sem A c) -> stays l s W c = true -> sem A c -> forall p, inD W p -> locally (A s p) (fun t => sem (updl A s p t) c).
Proof. intros Hl H S p Hp. destruct c as [a b|r a| | | | |]; try discriminate H; cbn [stays sem] in *.
  - apply andb_prop in H as [H1 H2]. apply negb_true_iff in H1, H2. apply filter_forall. intros t e He. rewrite !dpok by easy. now apply S.
  - apply orb_prop in H as [H|H]. apply negb_true_iff in H. apply filter_forall. intros t e He. rewrite dpok by easy. now apply S.
    apply andb_prop in H as [H1 H2]. apply (locally_inr _ (fun e t => rv r (val (updl A s p t) a e))). intros e He. apply locally_sign; [easy| |rewrite updl_id; now apply S]. apply orb_prop in H2 as [H2|H2]. now apply ctok.
    destruct (dlook l s W a) as [[d|]|] eqn:D; try discriminate H2; apply (dlook_ok A l Hl s W) in D. exact (der_continuous _ _ _ (D e p He Hp)). apply continuous_ext with (fun _ => val A a e). intro t. symmetry. apply D. apply continuous_const. Qed.
Lemma chosen_in hs : forall ks hs', chosen hs ks = Some hs' -> forall c, In c hs' -> exists n, nth_error hs n = Some c.
Proof. induction ks as [|k ks IH]; cbn; intros hs' H c I. injection H as <-. easy. destruct (nth_error hs k) eqn:E; [|easy]. destruct (chosen hs ks); [|easy]. injection H as <-. destruct I as [<-|I]; eauto. Qed.
Definition proves (run : list claim -> list step -> option claim) := forall hs ss c, run hs ss = Some c -> forall A, RG A -> (forall c, In c hs -> sem A c) -> sem A c.
Lemma check_inner_ok run hs (HY : arrs -> Prop) cl st c : proves run -> (forall A, RG A -> HY A -> forall n c, nth_error hs n = Some c -> sem A c) -> (forall p c, PM.find p cl = Some c -> valid HY c) -> check_inner run hs cl st = Some c -> valid HY c.
Proof. intros Hr Hh Hcl H. destruct st; try exact (check1_ok hs HY Hh cl _ c Hcl H); cbn [check_inner] in H; intros A HA HH.
  - destruct (lp_dec (rng u) []) as [RU|]; [|discriminate]. destruct (lp_dec (rng m) []) as [RM|]; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. apply andb_prop in C as [C1 C2]. destruct (run (Csgn Pos u :: hs) above) as [[a b| | | | | |]|] eqn:R1; try discriminate. destruct (run (Csgn Pos m :: hs) below) as [[a1 b1| | | | | |]|] eqn:R2; try discriminate. destruct (run (Ceq u z :: hs) at_zero) as [[a2 b2| | | | | |]|] eqn:R3; try discriminate.
    destruct (_ && _) eqn:C; [|discriminate]. apply andb_prop in C as [K1 K2]. apply andb_prop in K1 as [K1 K3], K2 as [K2 K4]. apply Pos.eqb_eq in K1, K2, K3, K4. subst a1 b1 a2 b2. injection H as <-. cbn [fst snd] in *.
    apply (tmatch_ok A (u, []) (u, []) []) in C1, C2. unfold at_ in C1, C2; cbn [fst snd map tv] in C1, C2. unfold qv in C1, C2; cbn [Qnum Qden] in C1, C2.
    assert (HS : forall k, sem A k -> forall c, In c (k :: hs) -> sem A c). { intros k Hk c0 [<-|I]; [easy|]. apply In_nth_error in I as [n I]. exact (Hh A HA (HH eq_refl) n c0 I). }
    assert (U : forall e, inD (rng u) e -> e = []). { rewrite RU. intros e I. now inversion I. }
    destruct (Rtotal_order (val A u []) 0) as [L|[E|G]].
    + apply (Hr _ _ _ R2 A HA). apply HS. cbn [sem]. rewrite RM. intros e I. inversion I. cbn [rv]. rewrite C1. lra.
    + apply (Hr _ _ _ R3 A HA). apply HS. intros e I. rewrite (U e I). now rewrite E, C2.
    + apply (Hr _ _ _ R1 A HA). apply HS. intros e I. rewrite (U e I). exact G.
  - destruct (PM.find q cl) as [[m0 []]|] eqn:F; try discriminate. destruct (gath cl ps) as [bl|] eqn:G; [|discriminate]. destruct (chosen hs hs0) as [hs'|] eqn:CH; [|discriminate]. destruct (_ && _) eqn:C; [|discriminate]. apply andb_prop in C as [C1 C2]. destruct (run hs' first) as [c1|] eqn:R1; [|discriminate].
    destruct (order_of c1) as [[[[[n a1] s'] W'] b']|] eqn:O; [|discriminate]. destruct (_ && _) eqn:K; [|discriminate]. apply andb_prop in K as [K1 K2]. apply Pos.eqb_eq in K1, K2. subst s' b'. destruct (lp_dec W W') as [<-|]; [|discriminate]. destruct (lp_dec _ _) as [RR|]; [|discriminate]. injection H as <-. cbn [fst snd] in *. specialize (HH eq_refl).
    apply existsb_exists in C1 as (s' & I & E). apply Pos.eqb_eq in E. subst s'. apply (again_ok A n a1 s W a d RR); [|exact (Hcl _ _ F A HA (fun _ => HH))]. intros p Hp.
    assert (LS : forall c, In c (map snd bl) -> sem A c) by exact (gath_in HY cl ps Hcl bl G A HA (fun _ => HH)).
    assert (N : locally (A s p) (fun t => forall c, In c hs' -> sem (updl A s p t) c)).
    { assert (HS : forall c, In c hs' -> sem A c). { intros c0 I0. destruct (chosen_in _ _ _ CH c0 I0) as [k Ek]. exact (Hh A HA HH k c0 Ek). } clear - HS C2 LS Hp dpok ctok Hgeo model. induction hs' as [|h hs' IH]. apply filter_forall. easy.
      cbn [forallb] in C2. apply andb_prop in C2 as [C2 C3]. generalize (filter_and _ _ (stays_ok A _ s W h LS C2 (HS h (or_introl eq_refl)) p Hp) (IH C3 (fun c I => HS c (or_intror I)))). apply filter_imp. intros t [P1 P2] c [<-|I]; auto. }
    generalize (filter_and _ _ (opn A s p I HA) N). apply filter_imp. intros t [Ht HN]. exact (order_of_ok _ _ _ _ _ _ _ O (Hr _ _ _ R1 _ Ht HN)). Qed.
Theorem check_sound depth : forall hs (HY : arrs -> Prop), (forall A, RG A -> HY A -> forall n c, nth_error hs n = Some c -> sem A c) ->
  forall ss cl n cl', (forall q c, PM.find q cl = Some c -> valid HY c) -> check depth hs cl n ss = Some cl' -> forall q c, PM.find q cl' = Some c -> valid HY c.
Proof. induction depth as [|depth IHd]; intros hs HY Hh; (induction ss as [|st0 ss IH]; intros cl n cl' H E; cbn [check] in E; [now injection E as <-|]);
  (match type of E with context[check_inner ?r hs cl st0] => assert (P : proves r); [|destruct (check_inner r hs cl st0) as [c0|] eqn:F; [|discriminate E]] end);
  try (apply (IH _ _ _) with (2 := E); intros q c'; (destruct (Pos.eq_dec q n) as [->|N]; [rewrite PM.gss; injection 1 as <-; exact (check_inner_ok _ hs HY cl st0 c0 P Hh H F)|rewrite PM.gso by easy; apply H])).
  - intros hs' ss' c' D. discriminate D.
  - intros hs' ss' c' D A HA HS. destruct (check depth hs' _ _ ss') as [cl1|] eqn:CK; [|discriminate D]. destruct (PM.find _ cl1) as [[m c1]|] eqn:FD; [|discriminate D]. injection D as <-.
    apply (IHd hs' (fun A => forall c, In c hs' -> sem A c)) with (3 := CK) (4 := FD); try easy. intros A' _ HS' k c N. apply HS'. eapply nth_error_In; eauto. intros q c N. now rewrite PM.gempty in N. Qed.
End K.
