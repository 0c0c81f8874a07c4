/**
 * A program to spawn that ends with this process, also when this process is killed. On Linux, by util-linux's setpriv;
 * elsewhere it stays.
 * @param signal what it gets then
 * @returns the arguments of `spawn`
 */
export const endsWithUs = (
  signal: 'TERM' | 'KILL',
  program: string,
  ...args: readonly string[]
): [string, string[]] =>
  process.platform === 'linux'
    ? ['setpriv', ['--pdeathsig', signal, program, ...args]]
    : [program, [...args]];
