import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { expect, it } from 'vitest';
import { limitConnections, networkOf } from './connections.ts';

class Connection extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function serverWith(perAddress: number) {
  const server = new EventEmitter() as Server;
  limitConnections(server, { all: 10, perAddress });
  const connect = (address: string): Connection => {
    const connection = new Connection(address);
    server.emit('connection', connection);
    return connection;
  };
  return { server, connect };
}

it('closes what one address opens beyond its number, and takes it again once others are closed', () => {
  const { connect } = serverWith(2);
  const [first, second, third] = [1, 2, 3].map(() => connect('203.0.113.1'));
  expect([first, second, third].map((each) => each!.destroyed)).toEqual([false, false, true]);
  expect(connect('203.0.113.2').destroyed).toBe(false);
  // The third had never been counted.
  expect(connect('203.0.113.1').destroyed).toBe(true);
  first!.destroy();
  expect(connect('203.0.113.1').destroyed).toBe(false);
});

it('counts the addresses of a network as one, and those of this machine in all only', () => {
  const { server, connect } = serverWith(1);
  expect(server.maxConnections).toBe(10);
  connect('2001:db8:1:2::1');
  expect(connect('2001:db8:1:2:ffff::9').destroyed).toBe(true);
  expect(connect('2001:db8:1:3::1').destroyed).toBe(false);
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    expect([connect(address), connect(address)].some(({ destroyed }) => destroyed)).toBe(false);
  }
});

it('knows an address in whatever way it is written', () => {
  expect(networkOf('::ffff:203.0.113.1')).toBe(networkOf('203.0.113.1'));
  expect(networkOf('fe80::1%eth0')).toBe(networkOf('fe80::2%eth0'));
  expect(networkOf('2001:db8:1:2::1')).toBe(networkOf('2001:db8:1:2:ffff::9'));
  expect(networkOf(undefined)).toBe('unknown');
});
