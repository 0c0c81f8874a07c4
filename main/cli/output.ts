/** Where a command writes: its answer, and what it tells besides (progress, errors). */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}
