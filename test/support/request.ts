import { KIOSK_CHANNELS, LintelError, type KioskChannel, type KioskInput, type KioskOutput } from '#contract';
import type { KioskConnection } from '../../main/appliance/index.ts';

/** What the appliance answers this screen. @throws LintelError what it refuses with */
export async function request<C extends KioskChannel>(
  screen: KioskConnection,
  channel: C,
  input: KioskInput<C>,
): Promise<KioskOutput<C>> {
  const reply = await screen.handle(channel, input);
  if (!reply.ok) throw LintelError.fromBody(reply.error);
  return KIOSK_CHANNELS[channel].output.parse(reply.value) as KioskOutput<C>;
}
