import { parseArgs } from 'node:util';
import { type IceEntry, parseIce } from './ice';
import { parseOrigin } from './origins';

export interface Flags {
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly ice: readonly IceEntry[];
  readonly allowOrigin: readonly string[];
  readonly trustProxy: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** A flag that cannot be used; the message is one line for the person who typed it. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

export const usage = `Usage: duetjs-signaling [flags]

Serves the owner's and the scientist's pages, and the signaling through which they find each other.

  --host <host>          where to listen; localhost means 127.0.0.1 and ::1 (default: localhost)
  --port <port>          the next free one is taken if it is not free; 0 is any (default: 8787)
  --public-url <origin>  how the installation is called from outside, such as https://duet.example
  --tls-cert <file>      certificate chain in PEM; then --tls-key is needed too
  --tls-key <file>       its key in PEM
  --ice <server>         a STUN or TURN server for the pages; may be repeated:
                           stun:host[:port]
                           turn:host[:port]?user=<user>&credential=<password>[&transport=udp|tcp]
                           turn:host[:port]?secret=<shared secret>   (credentials that expire)
  --allow-origin <origin>  another site whose pages may use this server; may be repeated
  --trust-proxy          count rates by X-Forwarded-For; only behind a proxy that writes it
  --help                 this text
  --version              the version
`;

/** Reads the command line. Throws FlagError. */
export function parseFlags(args: readonly string[]): Flags {
  const values = read(args);
  const { 'public-url': publicUrl, 'tls-cert': tlsCert, 'tls-key': tlsKey } = values;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new FlagError('--tls-cert and --tls-key are needed together');
  }
  return {
    host: checkHost(values.host),
    port: checkPort(values.port),
    ...(publicUrl === undefined ? {} : { publicUrl: checkOrigin('--public-url', publicUrl) }),
    ...(tlsCert === undefined ? {} : { tlsCert }),
    ...(tlsKey === undefined ? {} : { tlsKey }),
    ice: values.ice.map(checkIce),
    allowOrigin: values['allow-origin'].map((text) => checkOrigin('--allow-origin', text)),
    trustProxy: values['trust-proxy'],
    help: values.help,
    version: values.version,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        host: { type: 'string', default: 'localhost' },
        port: { type: 'string', default: '8787' },
        'public-url': { type: 'string' },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        ice: { type: 'string', multiple: true, default: [] },
        'allow-origin': { type: 'string', multiple: true, default: [] },
        'trust-proxy': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    // Node's text goes on with advice about "--"; its first sentence says it all.
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\.\s|\n/);
    throw new FlagError(first.replace(/\.$/, ''));
  }
}

function checkHost(host: string): string {
  const bare = /^\[(.+)\]$/.exec(host)?.[1] ?? host;
  if (!/^[A-Za-z0-9.:%-]+$/.test(bare)) throw new FlagError(`--host "${host}" is not a host`);
  return bare;
}

function checkPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new FlagError(`--port "${text}" is not a number from 0 to 65535`);
  return port;
}

function checkOrigin(flag: string, text: string): string {
  const origin = parseOrigin(text);
  if (origin === undefined) {
    throw new FlagError(`${flag} "${text}" is not an origin such as https://duet.example`);
  }
  return origin;
}

function checkIce(text: string): IceEntry {
  try {
    return parseIce(text);
  } catch (error) {
    throw new FlagError(`--ice: ${error instanceof Error ? error.message : String(error)}`);
  }
}
