/**
 * Takes the invite out of the address bar, so that its secret stays in no history, bookmark or screenshot. Undefined where
 * the page was opened without one.
 */
export function takeInviteFromAddress(): string | undefined {
  if (location.hash.length < 2) return undefined;
  const { href } = location;
  history.replaceState(history.state, '', location.pathname + location.search);
  return href;
}

/**
 * What is wrong with a pasted link, before anything is tried: this page may only speak to its own server. Empty where
 * nothing is.
 */
export function linkProblem(link: string): string {
  if (!URL.canParse(link))
    return 'This is not a link. Copy the whole invite, from https:// to the end.';
  const { origin, hash } = new URL(link);
  if (hash.length < 2) return 'This link has lost the part after #. Copy the whole invite.';
  if (origin !== location.origin) {
    return `This invite belongs to the page at ${origin}. Open the link itself in a browser tab.`;
  }
  return '';
}
