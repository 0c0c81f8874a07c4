/** Tells how far a long piece of work is, on standard error, at most once a second and at its end. */
export function progress(name: string): (share: number) => void {
  let last = -Infinity;
  return (share) => {
    const now = performance.now();
    if (now - last < 1000 && share < 1) return;
    last = now;
    process.stderr.write(`${name}: ${Math.floor(share * 100)} %\n`);
  };
}
