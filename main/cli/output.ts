/** Where a command writes: its answer, and besides it progress and errors. */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}
