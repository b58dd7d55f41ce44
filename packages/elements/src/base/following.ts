import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Starts listening and returns how to stop. */
export type Follow = (changed: () => void) => () => void;

/** Renders its element again whenever something that it follows has changed, as long as the element is on the page. */
export class Following implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #follow: Follow;
  #stop: (() => void) | undefined;

  constructor(host: ReactiveControllerHost, follow: Follow) {
    this.#host = host;
    this.#follow = follow;
    host.addController(this);
  }

  hostConnected(): void {
    this.#stop = this.#follow(() => this.#host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}

/** For clocks and countdowns. */
export const every =
  (periodMs: number): Follow =>
  (changed) => {
    const timer = setInterval(changed, periodMs);
    return () => clearInterval(timer);
  };

export const everySecond = every(1000);
