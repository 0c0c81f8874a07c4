import type { Appliance } from '../appliance/index.ts';
import { isUnwritable } from '#core/store';
import { setupCodeText } from '../operator/index.ts';
import type { Log } from '../process/index.ts';

/**
 * The text that shows a new set-up code: for standard output, never for the log. Null where there is a PIN, or where the
 * disk takes no code.
 * @param forgetPin whether to forget the PIN first
 */
export async function newSetupCodeText(
  appliance: Appliance,
  { forgetPin, log }: { readonly forgetPin: boolean; readonly log: Log },
): Promise<string | null> {
  try {
    const code = await appliance.issueSetupCode({ forgetPin });
    return code && `No PIN is set. ${setupCodeText(code)}\nChoose a PIN with it at the screen (F2).`;
  } catch (error) {
    if (forgetPin || !isUnwritable(error)) throw error;
    log.warn({ err: error }, 'no set-up code');
    return null;
  }
}
