/** What a page hears of its own life, as far as links need it: the window, or what stands for it in tests. */
export interface PageEvents {
  addEventListener(
    type: 'pagehide' | 'pageshow',
    listener: (event: Event) => void,
    options: { readonly capture: boolean },
  ): void;
  removeEventListener(
    type: 'pagehide' | 'pageshow',
    listener: (event: Event) => void,
    options: { readonly capture: boolean },
  ): void;
}

export interface PageWatcher {
  /** The page is being closed, reloaded, or put away. */
  readonly hidden: () => void;
  /** The page was put away and is there again; its connections are not. */
  readonly restored: () => void;
}

const first = { capture: true };

/** Where there is no page, nothing is ever told. Returns what stops it. */
export function watchPage(page: PageEvents | undefined, watcher: PageWatcher): () => void {
  const target = page ?? (typeof window === 'undefined' ? undefined : window);
  if (target === undefined) return () => {};
  const onHide = (): void => watcher.hidden();
  const onShow = (event: Event): void => {
    if ((event as PageTransitionEvent).persisted) watcher.restored();
  };
  // Before the connection, which closes itself when the page goes: the last word is to pass.
  target.addEventListener('pagehide', onHide, first);
  target.addEventListener('pageshow', onShow, first);
  return () => {
    target.removeEventListener('pagehide', onHide, first);
    target.removeEventListener('pageshow', onShow, first);
  };
}
