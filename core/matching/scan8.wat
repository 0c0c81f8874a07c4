;; Compares templates that are rounded to 8 bits, 8 numbers at a time (WebAssembly SIMD). See rounded-rows.ts for the
;; layout of memory. Lengths in numbers are multiples of 32.
(module
  (import "env" "memory" (memory 1 65536 shared))

  ;; Round a template: numbers to 8 bits in units of the returned step, which is the largest number / 127.
  ;; $error takes the length of what rounding took away.
  (func (export "round") (param $from i32) (param $to i32) (param $length i32) (param $error i32) (result f32)
    (local $i i32) (local $x v128) (local $top v128) (local $step f32) (local $unit v128) (local $per v128)
    (local $whole v128) (local $rest v128) (local $sum v128) (local $packed v128)
    (loop $largest
      (local.set $top (f32x4.max (local.get $top)
        (f32x4.abs (v128.load (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const 2)))))))
      (br_if $largest (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $length))))
    (local.set $step (f32.div
      (f32.max
        (f32.max (f32x4.extract_lane 0 (local.get $top)) (f32x4.extract_lane 1 (local.get $top)))
        (f32.max (f32x4.extract_lane 2 (local.get $top)) (f32x4.extract_lane 3 (local.get $top))))
      (f32.const 127)))
    (local.set $unit (f32x4.splat (local.get $step)))
    (local.set $per (f32x4.splat (f32.div (f32.const 1) (local.get $step))))
    (local.set $i (i32.const 0))
    (loop $four
      (local.set $x (v128.load (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $whole (f32x4.nearest (f32x4.mul (local.get $x) (local.get $per))))
      (local.set $rest (f32x4.sub (local.get $x) (f32x4.mul (local.get $whole) (local.get $unit))))
      (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul (local.get $rest) (local.get $rest))))
      (local.set $packed (i32x4.trunc_sat_f32x4_s (local.get $whole)))
      (local.set $packed (i16x8.narrow_i32x4_s (local.get $packed) (local.get $packed)))
      (local.set $packed (i8x16.narrow_i16x8_s (local.get $packed) (local.get $packed)))
      (v128.store32_lane 0 (i32.add (local.get $to) (local.get $i)) (local.get $packed))
      (br_if $four (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $length))))
    (f32.store (local.get $error) (f32.sqrt (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
      (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum))))))
    (local.get $step))

  (func $sum (param $x v128) (result f32)
    (f32.convert_i32_s (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $x)) (i32x4.extract_lane 1 (local.get $x)))
      (i32.add (i32x4.extract_lane 2 (local.get $x)) (i32x4.extract_lane 3 (local.get $x))))))

  ;; The products of one query (16-bit numbers) with $count rows, each times the row's step.
  (func (export "scan1") (param $row i32) (param $steps i32) (param $count i32) (param $length i32)
    (param $query i32) (param $products i32)
    (local $end i32) (local $rowEnd i32) (local $q i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $steps) (i32.shl (local.get $count) (i32.const 2))))
    (loop $rows
      (local.set $a (v128.const i32x4 0 0 0 0)) (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0)) (local.set $d (v128.const i32x4 0 0 0 0))
      (local.set $q (local.get $query))
      (local.set $rowEnd (i32.add (local.get $row) (local.get $length)))
      (loop $numbers
        (local.set $a (i32x4.add (local.get $a)
          (i32x4.dot_i16x8_s (v128.load8x8_s (local.get $row)) (v128.load (local.get $q)))))
        (local.set $b (i32x4.add (local.get $b)
          (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (local.get $row)) (v128.load offset=16 (local.get $q)))))
        (local.set $c (i32x4.add (local.get $c)
          (i32x4.dot_i16x8_s (v128.load8x8_s offset=16 (local.get $row)) (v128.load offset=32 (local.get $q)))))
        (local.set $d (i32x4.add (local.get $d)
          (i32x4.dot_i16x8_s (v128.load8x8_s offset=24 (local.get $row)) (v128.load offset=48 (local.get $q)))))
        (local.set $q (i32.add (local.get $q) (i32.const 64)))
        (br_if $numbers
          (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 32))) (local.get $rowEnd))))
      (f32.store (local.get $products) (f32.mul (f32.load (local.get $steps)) (call $sum
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d))))))
      (local.set $products (i32.add (local.get $products) (i32.const 4)))
      (br_if $rows
        (i32.lt_u (local.tee $steps (i32.add (local.get $steps) (i32.const 4))) (local.get $end)))))

  ;; The same of four queries, one after the other in memory; the products of a row stand together.
  (func (export "scan4") (param $row i32) (param $steps i32) (param $count i32) (param $length i32)
    (param $query i32) (param $products i32)
    (local $end i32) (local $rowEnd i32) (local $q1 i32) (local $q2 i32) (local $q3 i32) (local $q4 i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $x v128) (local $size i32)
    (local.set $size (i32.shl (local.get $length) (i32.const 1)))
    (local.set $end (i32.add (local.get $steps) (i32.shl (local.get $count) (i32.const 2))))
    (loop $rows
      (local.set $a (v128.const i32x4 0 0 0 0)) (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0)) (local.set $d (v128.const i32x4 0 0 0 0))
      (local.set $q1 (local.get $query))
      (local.set $q2 (i32.add (local.get $q1) (local.get $size)))
      (local.set $q3 (i32.add (local.get $q2) (local.get $size)))
      (local.set $q4 (i32.add (local.get $q3) (local.get $size)))
      (local.set $rowEnd (i32.add (local.get $row) (local.get $length)))
      (loop $numbers
        (local.set $x (v128.load8x8_s (local.get $row)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $q1)))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $q2)))))
        (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $q3)))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $q4)))))
        (local.set $x (v128.load8x8_s offset=8 (local.get $row)))
        (local.set $a (i32x4.add (local.get $a)
          (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=16 (local.get $q1)))))
        (local.set $b (i32x4.add (local.get $b)
          (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=16 (local.get $q2)))))
        (local.set $c (i32x4.add (local.get $c)
          (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=16 (local.get $q3)))))
        (local.set $d (i32x4.add (local.get $d)
          (i32x4.dot_i16x8_s (local.get $x) (v128.load offset=16 (local.get $q4)))))
        (local.set $q1 (i32.add (local.get $q1) (i32.const 32)))
        (local.set $q2 (i32.add (local.get $q2) (i32.const 32)))
        (local.set $q3 (i32.add (local.get $q3) (i32.const 32)))
        (local.set $q4 (i32.add (local.get $q4) (i32.const 32)))
        (br_if $numbers
          (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 16))) (local.get $rowEnd))))
      (v128.store (local.get $products) (f32x4.mul
        (f32x4.splat (f32.load (local.get $steps)))
        (f32x4.replace_lane 3 (f32x4.replace_lane 2 (f32x4.replace_lane 1
          (f32x4.splat (call $sum (local.get $a)))
          (call $sum (local.get $b))) (call $sum (local.get $c))) (call $sum (local.get $d)))))
      (local.set $products (i32.add (local.get $products) (i32.const 16)))
      (br_if $rows
        (i32.lt_u (local.tee $steps (i32.add (local.get $steps) (i32.const 4))) (local.get $end))))))
