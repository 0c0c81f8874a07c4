import { userInfo } from 'node:os';
import { errorCode } from '#core/store/file';

/**
 * Why a file cannot be read, for whoever named it: a command of a package runs as another user than the one who types.
 * @param label the file as it was named, on one line
 */
export function whyUnreadable(label: string, error: unknown): string {
  const code = errorCode(error) ?? '';
  if (['ENOENT', 'ENOTDIR'].includes(code)) return `${label}: there is no such file`;
  if (['EACCES', 'EPERM'].includes(code)) return `${label}: the user ${userInfo().username} may not read it`;
  return label;
}
