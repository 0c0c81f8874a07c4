import { readdir, readFile } from 'node:fs/promises';

/** Of Linux's clock of processor time (`sysconf(_SC_CLK_TCK)`, 100 on every platform that Node runs on). */
const TICK_MS = 10;
/** Fields of `/proc/PID/task/TID/stat` behind the name in brackets: time in the program, time in the kernel (proc(5)). */
const [USER, SYSTEM] = [11, 12];

/** Processor time that the threads of a process took so far, in milliseconds, summed by name. Linux only. */
export async function threadTimes(pid: number): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  const tasks = `/proc/${pid}/task`;
  for (const id of await readdir(tasks)) {
    const stat = await readFile(`${tasks}/${id}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ms = (Number(fields[USER]) + Number(fields[SYSTEM])) * TICK_MS;
    times.set(name, (times.get(name) ?? 0) + ms);
  }
  return times;
}
