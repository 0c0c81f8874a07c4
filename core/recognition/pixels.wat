;; Works on pixels of interleaved 8-bit red, green and blue (WebAssembly SIMD). See pixel-memory.ts for the layout of memory.
;; What is read as four bytes at a pixel may reach a byte beyond the last one, and what is written as sixteen four beyond.
(module
  (memory (export "memory") 1)

  ;; Means of 2 x 2 pixels of an image; an odd last row or column is left out.
  (func (export "halve") (param $from i32) (param $width i32) (param $height i32) (param $to i32)
    (local $stride i32) (local $a i32) (local $b i32) (local $x i32) (local $half i32)
    (local $means v128) (local $c i32)
    (local.set $stride (i32.mul (local.get $width) (i32.const 3)))
    (local.set $half (i32.shr_u (local.get $width) (i32.const 1)))
    (local.set $height (i32.shr_u (local.get $height) (i32.const 1)))
    (block $done
      (loop $rows
        (br_if $done (i32.eqz (local.get $height)))
        (local.set $a (local.get $from))
        (local.set $b (i32.add (local.get $from) (local.get $stride)))
        (local.set $x (local.get $half))
        ;; Eight pixels of each row become four.
        (block $few
          (loop $fours
            (br_if $few (i32.lt_u (local.get $x) (i32.const 4)))
            (v128.store (local.get $to) (i8x16.shuffle 0 1 2 3 4 5 8 9 10 11 12 13 0 0 0 0
              (local.tee $means (i8x16.narrow_i16x8_u
                (call $quarter (v128.load (local.get $a)) (v128.load (local.get $b)))
                (call $quarter (v128.load offset=12 (local.get $a)) (v128.load offset=12 (local.get $b)))))
              (local.get $means)))
            (local.set $a (i32.add (local.get $a) (i32.const 24)))
            (local.set $b (i32.add (local.get $b) (i32.const 24)))
            (local.set $to (i32.add (local.get $to) (i32.const 12)))
            (local.set $x (i32.sub (local.get $x) (i32.const 4)))
            (br $fours)))
        (block $none
          (loop $ones
            (br_if $none (i32.eqz (local.get $x)))
            (local.set $c (i32.const 3))
            (loop $colours
              (i32.store8 (local.get $to) (i32.shr_u
                (i32.add
                  (i32.add
                    (i32.add (i32.load8_u (local.get $a)) (i32.load8_u offset=3 (local.get $a)))
                    (i32.add (i32.load8_u (local.get $b)) (i32.load8_u offset=3 (local.get $b))))
                  (i32.const 2))
                (i32.const 2)))
              (local.set $a (i32.add (local.get $a) (i32.const 1)))
              (local.set $b (i32.add (local.get $b) (i32.const 1)))
              (local.set $to (i32.add (local.get $to) (i32.const 1)))
              (br_if $colours (local.tee $c (i32.sub (local.get $c) (i32.const 1)))))
            (local.set $a (i32.add (local.get $a) (i32.const 3)))
            (local.set $b (i32.add (local.get $b) (i32.const 3)))
            (local.set $x (i32.sub (local.get $x) (i32.const 1)))
            (br $ones)))
        (local.set $from (i32.add (local.get $from) (i32.shl (local.get $stride) (i32.const 1))))
        (local.set $height (i32.sub (local.get $height) (i32.const 1)))
        (br $rows))))

  ;; Of four pixels of a row and the four below them, the rounded means of two beside and two above each other: six numbers.
  (func $quarter (param $a v128) (param $b v128) (result v128)
    (i16x8.shr_u
      (i16x8.add (v128.const i16x8 2 2 2 2 2 2 2 2) (i16x8.add
        (i16x8.extadd_pairwise_i8x16_u (i8x16.swizzle (local.get $a)
          (v128.const i8x16 0 3 1 4 2 5 6 9 7 10 8 11 255 255 255 255)))
        (i16x8.extadd_pairwise_i8x16_u (i8x16.swizzle (local.get $b)
          (v128.const i8x16 0 3 1 4 2 5 6 9 7 10 8 11 255 255 255 255)))))
      (i32.const 2)))

  ;; The $columns x $rows pixels from ($x, $y) on as planes; $columns is a multiple of 4. Each value c becomes
  ;; (c - $minus) $times.
  (func (export "cut") (param $from i32) (param $width i32) (param $x i32) (param $y i32)
    (param $to i32) (param $columns i32) (param $rows i32) (param $minus f32) (param $times f32)
    (local $plane i32) (local $at i32) (local $u i32) (local $pixels v128) (local $minus4 v128) (local $times4 v128)
    (local.set $minus4 (f32x4.splat (local.get $minus)))
    (local.set $times4 (f32x4.splat (local.get $times)))
    (local.set $plane (i32.shl (i32.mul (local.get $columns) (local.get $rows)) (i32.const 2)))
    (loop $lines
      (local.set $at (i32.add (local.get $from) (i32.mul (i32.const 3)
        (i32.add (i32.mul (local.get $y) (local.get $width)) (local.get $x)))))
      (local.set $u (local.get $columns))
      (loop $fours
        (local.set $pixels (v128.load (local.get $at)))
        (v128.store (local.get $to) (f32x4.mul (f32x4.sub
          (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $pixels)
            (v128.const i8x16 0 255 255 255 3 255 255 255 6 255 255 255 9 255 255 255)))
          (local.get $minus4)) (local.get $times4)))
        (v128.store (i32.add (local.get $to) (local.get $plane)) (f32x4.mul (f32x4.sub
          (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $pixels)
            (v128.const i8x16 1 255 255 255 4 255 255 255 7 255 255 255 10 255 255 255)))
          (local.get $minus4)) (local.get $times4)))
        (v128.store (i32.add (i32.add (local.get $to) (local.get $plane)) (local.get $plane)) (f32x4.mul (f32x4.sub
          (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $pixels)
            (v128.const i8x16 2 255 255 255 5 255 255 255 8 255 255 255 11 255 255 255)))
          (local.get $minus4)) (local.get $times4)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (br_if $fours (local.tee $u (i32.sub (local.get $u) (i32.const 4)))))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $lines (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; Bilinear interpolation at ($x + u $a - v $b, $y + u $b + v $a) for the columns u and rows v of the output, which are
  ;; counted from the centre of the image's first pixel; black outside. Each value c becomes (c - $minus) $times.
  (func (export "sample") (param $from i32) (param $width i32) (param $height i32)
    (param $a f64) (param $b f64) (param $x f64) (param $y f64)
    (param $to i32) (param $columns i32) (param $rows i32) (param $minus f32) (param $times f32)
    (local $plane i32) (local $stride i32) (local $lastX i32) (local $lastY i32) (local $u i32) (local $v i32)
    (local $at v128) (local $step v128) (local $floor v128) (local $ix i32) (local $iy i32)
    (local $right f32) (local $left f32) (local $bottom f32) (local $top f32) (local $out v128)
    (local $p i32) (local $q i32) (local $r i32) (local $s i32)
    (local.set $plane (i32.shl (i32.mul (local.get $columns) (local.get $rows)) (i32.const 2)))
    (local.set $stride (i32.mul (local.get $width) (i32.const 3)))
    (local.set $lastX (i32.sub (local.get $width) (i32.const 1)))
    (local.set $lastY (i32.sub (local.get $height) (i32.const 1)))
    (local.set $step (f64x2.replace_lane 1 (f64x2.splat (local.get $a)) (local.get $b)))
    (loop $lines
      (local.set $at (f64x2.replace_lane 1
        (f64x2.splat (f64.sub (local.get $x) (f64.mul (f64.convert_i32_s (local.get $v)) (local.get $b))))
        (f64.add (local.get $y) (f64.mul (f64.convert_i32_s (local.get $v)) (local.get $a)))))
      (local.set $u (i32.const 0))
      (loop $points
        (local.set $floor (f64x2.floor (local.get $at)))
        (local.set $ix (i32x4.extract_lane 0 (i32x4.trunc_sat_f64x2_s_zero (local.get $floor))))
        (local.set $iy (i32x4.extract_lane 1 (i32x4.trunc_sat_f64x2_s_zero (local.get $floor))))
        (local.set $out (v128.const f32x4 0 0 0 0))
        (if (i32.and
              (i32.le_u (i32.add (local.get $ix) (i32.const 1)) (local.get $width))
              (i32.le_u (i32.add (local.get $iy) (i32.const 1)) (local.get $height)))
          (then
            (local.set $floor (f32x4.demote_f64x2_zero (f64x2.sub (local.get $at) (local.get $floor))))
            (local.set $right (f32x4.extract_lane 0 (local.get $floor)))
            (local.set $left (f32.sub (f32.const 1) (local.get $right)))
            (local.set $bottom (f32x4.extract_lane 1 (local.get $floor)))
            (local.set $top (f32.sub (f32.const 1) (local.get $bottom)))
            (local.set $p (i32.add (local.get $from)
              (i32.add (i32.mul (local.get $iy) (local.get $stride)) (i32.mul (local.get $ix) (i32.const 3)))))
            (local.set $q (i32.add (local.get $p) (i32.const 3)))
            (local.set $r (i32.add (local.get $p) (local.get $stride)))
            (local.set $s (i32.add (local.get $q) (local.get $stride)))
            ;; A neighbour outside the image is black: it weighs nothing, and another one is read in its place.
            (if (i32.lt_s (local.get $ix) (i32.const 0)) (then
              (local.set $left (f32.const 0))
              (local.set $p (local.get $q)) (local.set $r (local.get $s))))
            (if (i32.eq (local.get $ix) (local.get $lastX)) (then
              (local.set $right (f32.const 0))
              (local.set $q (local.get $p)) (local.set $s (local.get $r))))
            (if (i32.lt_s (local.get $iy) (i32.const 0)) (then
              (local.set $top (f32.const 0))
              (local.set $p (local.get $r)) (local.set $q (local.get $s))))
            (if (i32.eq (local.get $iy) (local.get $lastY)) (then
              (local.set $bottom (f32.const 0))
              (local.set $r (local.get $p)) (local.set $s (local.get $q))))
            (local.set $out (f32x4.add
              (f32x4.mul (f32x4.splat (local.get $top)) (f32x4.add
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $p)))))
                  (f32x4.splat (local.get $left)))
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $q)))))
                  (f32x4.splat (local.get $right)))))
              (f32x4.mul (f32x4.splat (local.get $bottom)) (f32x4.add
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $r)))))
                  (f32x4.splat (local.get $left)))
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $s)))))
                  (f32x4.splat (local.get $right)))))))))
        (local.set $out (f32x4.mul
          (f32x4.sub (local.get $out) (f32x4.splat (local.get $minus)))
          (f32x4.splat (local.get $times))))
        (v128.store32_lane 0 (local.get $to) (local.get $out))
        (local.set $p (i32.add (local.get $to) (local.get $plane)))
        (v128.store32_lane 1 (local.get $p) (local.get $out))
        (v128.store32_lane 2 (i32.add (local.get $p) (local.get $plane)) (local.get $out))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $at (f64x2.add (local.get $at) (local.get $step)))
        (br_if $points (i32.lt_u (local.tee $u (i32.add (local.get $u) (i32.const 1))) (local.get $columns))))
      (br_if $lines (i32.lt_u (local.tee $v (i32.add (local.get $v) (i32.const 1))) (local.get $rows))))))
