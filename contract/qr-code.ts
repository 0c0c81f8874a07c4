import { encodeQR } from 'qr';

/** Modules of white around a code, which readers find it by (ISO/IEC 18004, 6.3.8). */
const QUIET = 4;

/**
 * What a QR code looks like, with the white around it.
 * @returns rows of modules, whether each is dark, and the dark ones as a path of an SVG whose unit is a module
 */
export function drawQrCode(text: string): { readonly rows: boolean[][]; readonly path: string } {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: QUIET });
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { rows, path: dark.join('') };
}
