import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** How long a card must have stood still, in sight, before its buttons work. */
const stillMs = 600;

/**
 * Nobody shall accept what has just slid under their cursor. `isArmed` turns true once the element has kept its place for
 * a while, and false again whenever the page above it grows or shrinks, or its tab comes into sight.
 */
export class ArmedWhenStill implements ReactiveController {
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #observer = new ResizeObserver(() => this.#look());
  #top = Number.NaN;
  #isArmed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost & HTMLElement) {
    this.#host = host;
    host.addController(this);
  }

  get isArmed(): boolean {
    return this.#isArmed;
  }

  hostConnected(): void {
    this.#observer.observe(document.body);
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#disarm();
  }

  hostDisconnected(): void {
    this.#observer.disconnect();
    document.removeEventListener('visibilitychange', this.#onVisibility);
    clearTimeout(this.#timer);
  }

  readonly #onVisibility = (): void => this.#disarm();

  /** Whatever moves the card changes the height of the page, which is what the observer tells of. */
  #look(): void {
    const top = this.#host.getBoundingClientRect().top + window.scrollY;
    if (Math.abs(top - this.#top) < 1) return;
    this.#top = top;
    this.#disarm();
  }

  #disarm(): void {
    this.#set(false);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#set(true), stillMs);
  }

  #set(isArmed: boolean): void {
    if (this.#isArmed === isArmed) return;
    this.#isArmed = isArmed;
    this.#host.requestUpdate();
  }
}
