import type { Command } from 'commander';
import type { MakeCommand, Printing } from './make-command.ts';
import { asListed, withSignIn } from './shared-options.ts';

const metricsCommands = () => import('./metrics-commands.ts');
const visitorCommands = () => import('./visitor-commands.ts');

/** The commands about visitors, and about who tells their hosts. */
export function addVisitorCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const visitor = root.command('visitor').description('Who is expected, and who is here.');
  command('add', 'Expect somebody, and print the code by which they sign in and out.', visitor)
    .requiredOption('--name <name>', 'who it is')
    .option('--host <name>', 'the person they visit')
    .option('--host-email <address>', 'where the host is written to')
    .option('--from <time>', 'day or instant (default: today)')
    .option('--until <time>', 'day or instant (default: the day on which it begins)')
    .option('--qr <file>', 'draw the code as a QR code into a new .svg or .png')
    .action(printing(async () => (await visitorCommands()).addVisitor));
  command('list', 'List the visitors, those who are here first.', visitor).action(
    printing(async () => (await visitorCommands()).listVisitors),
  );
  command('here', 'List everybody who is here, for an evacuation.', visitor).action(
    printing(async () => (await visitorCommands()).listPresent),
  );
  asListed(command('sign-out', 'Note that a visitor has left.', visitor)).action(
    printing(async () => (await visitorCommands()).signOutVisitor),
  );
  asListed(command('remove', 'Forget a visitor.', visitor)).action(
    printing(async () => (await visitorCommands()).removeVisitor),
  );

  const metrics = root.command('metrics').description('Metrics for Prometheus, off unless set.');
  command('on', 'Serve them at a local address from the next start on, and print the token.', metrics)
    .option('--port <port>', 'of 127.0.0.1', '9464')
    .action(printing(async () => (await metricsCommands()).metricsOn));
  command('off', 'Serve none from the next start on.', metrics).action(
    printing(async () => (await metricsCommands()).metricsOff),
  );

  const mail = root
    .command('mail')
    .description('Mail to hosts whose visitors have signed in; webhook lists and removes it.');
  const add = command('add', 'Write to hosts from now on.', mail)
    .argument('<url>', 'such as smtps://mail.example:465')
    .requiredOption('--from <address>', 'who writes')
    .option('--to <address>', 'to this address instead of that of each host');
  withSignIn(add, 'server')
    .option('--allow-plain', 'permit mail without TLS')
    .action(printing(async () => (await visitorCommands()).addMail));
}
