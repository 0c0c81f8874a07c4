import { drawQrCode } from '#contract';

interface Props {
  /** What it holds: digits, capitals and the like take the least room. */
  readonly text: string;
  /** For those who do not see it. */
  readonly label: string;
  readonly testId: string;
}

/** A QR code, as large as its place. */
export function QrCode({ text, label, testId }: Props) {
  const { rows, path } = drawQrCode(text);
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
