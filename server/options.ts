import { Command, InvalidArgumentError, Option } from 'commander';
import { CHALLENGE_STEPS, ChallengeStep, ModelSetName, Settings } from '#contract';

/** Megabytes: with more, rounded templates could need more than the 4 GB of memory that they lie in; see `row-memory.ts`. */
const MOST_INDEX_MEMORY = 21_000;

/** How a server is started: by options, or by the environment variable that each names. */
export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly keyFile?: string;
  readonly models: ModelSetName;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly imageUrl: 'on' | 'off';
  readonly imageUrlPorts?: readonly number[];
  /** Whether webhooks may be at private addresses and without TLS. */
  readonly webhookPrivate?: 'on' | 'off';
  readonly keepImages: 'until-embedded' | 'always';
  readonly rateLimit: number;
  /** Whether the pages and OpenAPI documents of the APIs are served. */
  readonly swagger: 'on' | 'off';
  /** Whether anybody may register an account. */
  readonly registration: 'on' | 'off';
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly workers?: number;
  /** Where the other servers on the database reach this one. */
  readonly nodeUrl?: string;
  /** Megabytes that indexes of collections may take together; without it there is room for all that are asked for. */
  readonly indexMemory?: number;
  readonly keepAuditDays: number;
  readonly epochDays: number;
  readonly widgetSteps: readonly ChallengeStep[];
  readonly widgetStepSeconds: number;
}

/** @param args the words after the program's name @throws CommanderError, having said why on standard error */
export function parseOptions(args: readonly string[]): ServerOptions {
  return new Command('server')
    .description('The central server: face APIs over an encrypted store.')
    .exitOverride()
    .addOption(new Option('--host <address>', 'address to listen at').env('LINTEL_HOST').default('127.0.0.1'))
    .addOption(
      new Option('--port <number>', 'port; 0 takes a free one')
        .env('LINTEL_PORT')
        .argParser(wholeNumber(0, 65_535))
        .default(8080),
    )
    .addOption(new Option('--data <dir>', 'folder of the store').env('LINTEL_DATA').default('./data'))
    .option('--key-file <file>', 'key of the store (default: LINTEL_KEY_FILE, else ~/.config/lintel/key)')
    .addOption(
      new Option('--models <set>', 'set of networks; that of the people in the store')
        .choices(ModelSetName.options)
        .env('LINTEL_MODELS')
        .default('default' satisfies ModelSetName),
    )
    .addOption(new Option('--tls-cert <file>', 'certificate chain (PEM)').env('LINTEL_TLS_CERT'))
    .addOption(new Option('--tls-key <file>', 'private key of the certificate (PEM)').env('LINTEL_TLS_KEY'))
    .addOption(
      new Option('--image-url <on|off>', 'fetch images that requests name by address')
        .env('LINTEL_IMAGE_URL')
        .choices(['on', 'off'])
        .default('on'),
    )
    .addOption(
      new Option('--image-url-ports <numbers>', 'ports that images may be fetched from (default: 80,443)')
        .env('LINTEL_IMAGE_URL_PORTS')
        .argParser((text) => text.split(',').map(wholeNumber(1, 65_535))),
    )
    .addOption(
      new Option('--webhook-private <on|off>', 'let webhooks be at private addresses, also over plain http')
        .env('LINTEL_WEBHOOK_PRIVATE')
        .choices(['on', 'off'])
        .default('off'),
    )
    .addOption(
      new Option(
        '--keep-images <how-long>',
        'pictures that appliances send: until this server has made templates of them, or always, for other networks to come',
      )
        .env('LINTEL_KEEP_IMAGES')
        .choices(['until-embedded', 'always'])
        .default('until-embedded'),
    )
    .addOption(
      new Option('--rate-limit <number>', 'requests a key may send in a minute')
        .env('LINTEL_RATE_LIMIT')
        .argParser(wholeNumber(1, 1e9))
        .default(30_000),
    )
    .addOption(
      new Option('--swagger <on|off>', 'serve the pages and OpenAPI documents of the APIs')
        .env('LINTEL_SWAGGER')
        .choices(['on', 'off'])
        .default('on'),
    )
    .addOption(
      new Option('--registration <on|off>', 'let anybody register an account, on the plan free')
        .env('LINTEL_REGISTRATION')
        .choices(['on', 'off'])
        .default('on'),
    )
    .addOption(
      new Option('--max-connections <number>', 'connections at once (default: 2000)')
        .env('LINTEL_MAX_CONNECTIONS')
        .argParser(wholeNumber(1, 100_000)),
    )
    .addOption(
      new Option(
        '--max-connections-per-address <number>',
        'of them, from one address other than this machine (default: 200)',
      )
        .env('LINTEL_MAX_CONNECTIONS_PER_ADDRESS')
        .argParser(wholeNumber(1, 100_000)),
    )
    .addOption(
      new Option('--workers <number>', 'threads that recognise')
        .env('LINTEL_WORKERS')
        .argParser(wholeNumber(1, 64)),
    )
    .addOption(
      new Option(
        '--index-memory <megabytes>',
        'memory for templates of collections; what was used least recently makes room (default: no limit)',
      )
        .env('LINTEL_INDEX_MEMORY')
        .argParser(wholeNumber(16, MOST_INDEX_MEMORY)),
    )
    .addOption(
      new Option(
        '--node-url <address>',
        'where the other servers on the database reach this one: each then holds some of the collections and sessions for all',
      )
        .env('LINTEL_NODE_URL')
        .argParser(origin),
    )
    .addOption(
      new Option('--keep-audit-days <number>', 'days after which entries of the audit log are removed')
        .env('LINTEL_KEEP_AUDIT_DAYS')
        .argParser(wholeNumber(1, 3650))
        .default(Settings.parse({}).keepAuditDays),
    )
    .addOption(
      new Option(
        '--epoch-days <number>',
        'with a database: days that backups open at least, and after which a receipt of an erasure is final (twice, at most)',
      )
        .env('LINTEL_EPOCH_DAYS')
        .argParser(wholeNumber(1, 365))
        .default(1),
    )
    .addOption(
      new Option('--widget-steps <list>', 'steps that the widget may ask for, two at least')
        .env('LINTEL_WIDGET_STEPS')
        .argParser(steps)
        .default(CHALLENGE_STEPS, CHALLENGE_STEPS.join(',')),
    )
    .addOption(
      new Option('--widget-step-seconds <number>', 'time for each of them')
        .env('LINTEL_WIDGET_STEP_SECONDS')
        .argParser(wholeNumber(4, 60))
        .default(Settings.parse({}).stepSeconds),
    )
    .parse(args, { from: 'user' })
    .opts<ServerOptions>();
}

function steps(text: string): readonly ChallengeStep[] {
  const parsed = ChallengeStep.array().safeParse(text.split(','));
  const isEnough =
    parsed.success && new Set(parsed.data).size === parsed.data.length && parsed.data.length > 1;
  if (!isEnough) throw new InvalidArgumentError(`Two or more of ${CHALLENGE_STEPS.join(', ')}.`);
  return parsed.data;
}

/** An address without a path, as `http://10.0.0.1:8080`. */
function origin(text: string): string {
  const url = URL.parse(text);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin) throw new InvalidArgumentError('It is not an address such as http://10.0.0.1:8080.');
  return url.origin;
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It is not a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}
