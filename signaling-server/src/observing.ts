import { createServer } from 'node:http';
import { type Listening, listen } from './listen';
import { type Metrics, metricsType } from './metrics';

export interface ObservingOptions {
  readonly host: string;
  /** 0 is any free port; nothing is served without one. */
  readonly port: number | undefined;
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
}

/** Nobody but the operator's own tools comes here. */
const mostConnections = 32;

/** Serves what operators watch on a port of its own, so that the public one tells nobody how many people are here. */
export async function observe(options: ObservingOptions): Promise<Listening | undefined> {
  const { host, port, metrics, isReady } = options;
  if (port === undefined) return undefined;
  metrics.gauge('process_resident_memory_bytes', 'Memory of the process.', () =>
    process.memoryUsage.rss(),
  );
  const startedAtSecs = Math.floor(Date.now() / 1000 - process.uptime());
  metrics.gauge('process_start_time_seconds', 'Start in Unix time.', () => startedAtSecs);
  const http = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    };
    const json = 'application/json; charset=utf-8';
    switch (request.url) {
      case '/metrics':
        answer(200, metricsType, metrics.text());
        return;
      case '/health':
        answer(200, json, '{"ok":true}');
        return;
      case '/ready':
        answer(isReady() ? 200 : 503, json, JSON.stringify({ ok: isReady() }));
        return;
      default:
        answer(404, 'text/plain; charset=utf-8', 'Here are /metrics, /health and /ready.\n');
    }
  });
  return listen(http, { host, port, attempts: 1, maxConnections: mostConnections });
}
