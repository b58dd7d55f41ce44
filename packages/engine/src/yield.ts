/**
 * Resolves in a later macrotask, after the page had its turn. Timers would not do: a hidden tab's are delayed to once a
 * second or a minute, and its animation frames never come.
 */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
