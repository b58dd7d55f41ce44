/** The ICE servers that the signaling server's operator offers; none where it offers none or is no `duetjs-signaling`. */
export async function offeredIceServers(
  signaling: string,
  signal?: AbortSignal,
): Promise<readonly RTCIceServer[]> {
  try {
    const answer = await fetch(new URL('/config.json', signaling), {
      credentials: 'omit',
      cache: 'no-store',
      ...(signal && { signal }),
    });
    const config: unknown = answer.ok ? await answer.json() : undefined;
    if (typeof config !== 'object' || config === null || !('iceServers' in config)) return [];
    return Array.isArray(config.iceServers) ? config.iceServers.filter(isIceServer) : [];
  } catch {
    // Without them a direct connection may still form; if none does, that error says what to do.
    return [];
  }
}

function isIceServer(value: unknown): value is RTCIceServer {
  if (typeof value !== 'object' || value === null || !('urls' in value)) return false;
  const urls: unknown[] = Array.isArray(value.urls) ? value.urls : [value.urls];
  const isText = (text: unknown) => text === undefined || typeof text === 'string';
  const { username, credential } = value as Record<string, unknown>;
  return (
    urls.every((url) => typeof url === 'string' && /^(?:stun|turn)s?:/.test(url)) &&
    isText(username) &&
    isText(credential)
  );
}
