import { execFile } from 'node:child_process';

/** How to reach the systemd that started this program. */
export interface NotifyPlace {
  readonly socket: string;
  readonly path: string;
}

/** Null where no systemd waits to hear from this program. */
export const notifyPlaceIn = ({
  NOTIFY_SOCKET: socket,
  PATH: path = '',
}: NodeJS.ProcessEnv): NotifyPlace | null => (socket ? { socket, path } : null);

/**
 * Passes a state to the service manager, as in `sd_notify(3)`. Its socket takes datagrams, which Node does not send to a path: the
 * program `systemd-notify` does.
 */
export function tellSystemd(
  state: 'READY=1' | 'WATCHDOG=1',
  { socket, path }: NotifyPlace,
  onError: (error: Error) => void,
): void {
  execFile('systemd-notify', [state], { env: { NOTIFY_SOCKET: socket, PATH: path } }, (error) => {
    if (error !== null) onError(error);
  });
}
