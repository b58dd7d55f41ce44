import { encodePlan, type Plan } from '@duet/protocol';

/**
 * SHA-256, in hex, of what a plan computes: of its canonical encoding with all names empty, its own and those of the plans
 * in it. Two plans with the same hash give the same from the same inputs and salt, whatever they are called.
 */
export async function planHash(plan: Plan): Promise<string> {
  // WebCrypto wants a view on a plain ArrayBuffer.
  const bytes = Uint8Array.from(encodePlan(withoutNames(plan)));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function withoutNames(plan: Plan): Plan {
  return { ...plan, name: '', plans: plan.plans.map(withoutNames) };
}
