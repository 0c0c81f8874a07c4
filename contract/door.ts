import { z } from 'zod';
import { AccessId, Direction } from './access.ts';

/** Program and words; `{ms}` in a word stands for the length of the pulse in milliseconds. Not a shell's command line. */
const Argv = z
  .array(
    z
      .string()
      .max(1024)
      .refine((word) => !word.includes('\0'), 'No zero bytes.'),
  )
  .min(1)
  .max(32)
  .refine(([program]) => program?.startsWith('/') === true, 'The program is an absolute path.');
export type Argv = z.infer<typeof Argv>;

/** Milliseconds after which a call is broken off and counts as failed. */
const LimitMs = z.int().min(100).max(5_000).default(2_000);
/** Milliseconds between two looks at sensors; null: 100 where one tells of who asks to leave, for a press is short, else 500. */
const PollMs = z.int().min(100).max(60_000).nullable().default(null);

/** Programs of this machine. */
const CommandActuator = z.strictObject({
  kind: z.literal('command'),
  open: Argv,
  close: Argv,
  /** Prints a {@link DoorReading} as JSON. */
  state: Argv.nullable().default(null),
  /**
   * Whether `open` runs as long as the door is to be open, gets a line on its standard input again and again, and shuts the
   * door by itself when that ends: also when Lintel was killed.
   */
  holds: z.boolean().default(false),
  limitMs: LimitMs,
  pollMs: PollMs,
});

/** One request; `{ms}` and `{s}` in address and body stand for the length of the pulse. */
const HttpCall = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH']).default('POST'),
  url: z.url({ protocol: /^https?$/ }).max(2048),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(4096)).default({}),
  body: z.string().max(4096).nullable().default(null),
});
export type HttpCall = z.infer<typeof HttpCall>;

const JsonValue = z.union([z.string().max(64), z.number(), z.boolean()]);
/**
 * Where a reading stands in a JSON answer (RFC 6901), and the value that it has while it is so. Any other of the same type says that
 * it is not, or only `isNot` where that is set; what is neither says nothing.
 */
const JsonProbe = z.strictObject({
  pointer: z.string().max(256),
  is: JsonValue,
  isNot: JsonValue.nullable().default(null),
});
export type JsonProbe = z.infer<typeof JsonProbe>;

const HttpActuator = z.strictObject({
  kind: z.literal('http'),
  open: HttpCall,
  close: HttpCall,
  /** Asked for again and again during a pulse, for a relay that shuts without it. */
  refresh: HttpCall.nullable().default(null),
  refreshMs: z.int().min(200).max(10_000).default(1_000),
  state: z
    .strictObject({
      call: HttpCall,
      open: JsonProbe.nullable().default(null),
      exit: JsonProbe.nullable().default(null),
      tamper: JsonProbe.nullable().default(null),
    })
    .nullable()
    .default(null),
  /** Whether the addresses may be of a private network, or of this machine. */
  allowPrivate: z.boolean().default(false),
  /** Whether plain http is permitted: who listens on the network can open the door. */
  allowHttp: z.boolean().default(false),
  limitMs: LimitMs,
  pollMs: PollMs,
});

const Topic = z.string().regex(/^[^#+\0]{1,256}$/);
const Payload = z.string().max(256);
/** As {@link JsonProbe}, of what is said at a topic. */
const TopicProbe = z.strictObject({ topic: Topic, is: Payload, isNot: Payload.nullable().default(null) });

/** How a broker is reached. */
export const MqttBroker = z.strictObject({
  url: z.url({ protocol: /^mqtts?$/ }).max(512),
  username: z.string().max(256).nullable().default(null),
  password: z.string().max(1024).nullable().default(null),
  /** Certificates that its own must lead to, PEM; null: those that the machine trusts. */
  ca: z.string().max(65_536).nullable().default(null),
});
export type MqttBroker = z.infer<typeof MqttBroker>;

const MqttActuator = z.strictObject({
  kind: z.literal('mqtt'),
  broker: MqttBroker,
  /** Whether the connection may be without TLS: who listens can open the door. */
  allowPlain: z.boolean().default(false),
  commandTopic: Topic,
  /** `{ms}` and `{s}` stand for the length of the pulse. */
  openPayload: Payload,
  /** Also published by the broker when Lintel's connection ends without a word. */
  closePayload: Payload,
  open: TopicProbe.nullable().default(null),
  /** Each message that says so is a request, but for one that the broker kept. */
  exit: TopicProbe.omit({ isNot: true }).nullable().default(null),
  tamper: TopicProbe.nullable().default(null),
  limitMs: LimitMs,
});

const GpioLine = z.int().min(0).max(1023);

const GpioActuator = z.strictObject({
  kind: z.literal('gpio'),
  chip: z.string().regex(/^(\/dev\/)?gpiochip\d{1,3}$/),
  line: GpioLine,
  activeLow: z.boolean().default(false),
  /** Lines that are active while the door stands open, a person asks to leave, or the housing is open. */
  open: GpioLine.nullable().default(null),
  exit: GpioLine.nullable().default(null),
  tamper: GpioLine.nullable().default(null),
  limitMs: LimitMs,
  pollMs: PollMs,
});

/** What switches something: a lock, a lamp, a buzzer. */
export const AnyActuator = z.discriminatedUnion('kind', [
  CommandActuator,
  HttpActuator,
  MqttActuator,
  GpioActuator,
]);

/** What opens the door. It may hold secrets of the relay: it lies in the encrypted store, and no command or screen shows it whole. */
export const DoorConfig = z.strictObject({
  doorId: AccessId,
  /** Which way it leads; null: both or neither. */
  direction: Direction.nullable().default(null),
  pulseMs: z.int().min(500).max(30_000).default(3_000),
  /** Milliseconds that the door may stand open after a pulse. */
  heldOpenMs: z.int().min(1_000).max(600_000).default(20_000),
  /** Whether a request to leave gives a pulse. */
  exitOpens: z.boolean().default(false),
  actuator: AnyActuator,
});
export type DoorConfig = z.infer<typeof DoorConfig>;
type Actuators = DoorConfig['actuator'];
export type ActuatorConfig<K extends Actuators['kind'] = Actuators['kind']> = Extract<Actuators, { kind: K }>;

/** What the actuator's sensors say; null: there is none, or it did not answer. */
export const DoorReading = z.object({
  /** The door stands open. */
  open: z.boolean().nullable().default(null),
  /** A person asks to leave. */
  exit: z.boolean().nullable().default(null),
  /** The housing is open. */
  tamper: z.boolean().nullable().default(null),
});
export type DoorReading = z.infer<typeof DoorReading>;
