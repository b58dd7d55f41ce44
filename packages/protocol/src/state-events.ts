import { EventEmitter } from 'eventemitter3';

/**
 * Events about changes of state: a listener that throws is reported, and does not stop the change that it was told of,
 * which could leave a request half decided.
 */
export class StateEvents<Events extends EventEmitter.ValidEventTypes> extends EventEmitter<Events> {
  override emit<Name extends EventEmitter.EventNames<Events>>(
    event: Name,
    ...args: EventEmitter.EventArgs<Events, Name>
  ): boolean {
    try {
      return super.emit(event, ...args);
    } catch (thrown) {
      report(thrown);
      return true;
    }
  }
}

/** As an error that nobody caught: in the page's console, and to its error handler. */
function report(thrown: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(thrown);
  else
    queueMicrotask(() => {
      throw thrown;
    });
}
