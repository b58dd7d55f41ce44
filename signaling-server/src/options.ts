import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerClock } from './clock';
import type { IceEntry } from './ice';
import type { ServerLimits } from './limits';
import type { LogFormat } from './log';

export interface SignalingServerOptions {
  /** Where to listen. `localhost`, the default, means both 127.0.0.1 and ::1. */
  readonly host?: string;
  /** 8787 by default; 0 is any free port. */
  readonly port?: number;
  /** How many ports to try, upwards, if the first is taken. 1 by default. */
  readonly portAttempts?: number;
  /** The origin under which the installation is reached from outside, such as `https://duet.example`. */
  readonly publicUrl?: string;
  /** Origins of other sites whose pages may use this server. Its own pages always may. */
  readonly origins?: readonly string[];
  /** Take the client's address from the last entry of X-Forwarded-For. Only behind a proxy that writes it. */
  readonly trustProxy?: boolean;
  /** Certificate chain and key in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** ICE servers that pages are told to use, in `/config.json`. */
  readonly ice?: readonly IceEntry[];
  /** The folder with the built pages. Without one, only signaling is served. */
  readonly staticDir?: string;
  /** Answers what the server itself does not, in place of built pages. */
  readonly pages?: (request: IncomingMessage, response: ServerResponse) => void;
  /** May pages that find no direct path have their sealed frames relayed here? Default: true. */
  readonly relay?: boolean;
  /** Lines on stderr about what goes wrong. Default: `'off'`. */
  readonly log?: LogFormat;
  /** Takes the log's lines instead of stderr. */
  readonly writeLog?: (line: string) => void;
  /** Serves `/metrics`, `/health` and `/ready` on a port of their own, 0 for any free one. Without it there are no metrics. */
  readonly metricsPort?: number;
  /** Where that port listens. Default: 127.0.0.1. */
  readonly metricsHost?: string;
  readonly limits?: Partial<ServerLimits>;
  readonly clock?: ServerClock;
}
