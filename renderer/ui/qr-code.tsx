import { encodeQR } from 'qr';

interface Props {
  /** What it holds: digits, capitals and the like take the least room. */
  readonly text: string;
  /** For those who do not see it. */
  readonly label: string;
  readonly testId: string;
}

/** Modules of white around a code, which readers find it by (ISO/IEC 18004, 6.3.8). */
const QUIET = 4;

/** A QR code, as large as its place. */
export function QrCode({ text, label, testId }: Props) {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: QUIET });
  const path = rows
    .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('');
  return (
    <svg
      class="qr-code"
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      role="img"
      aria-label={label}
      data-testid={testId}
      shape-rendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
