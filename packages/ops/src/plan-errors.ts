import {
  DuetError,
  isDuetError,
  type Plan,
  type PlanNode,
  quotedText,
  type TensorMeta,
} from '@duet/protocol';
import { showShape } from './shapes';

export function wrong(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}

/** The same error with the place in the plan. */
export function inNode(error: unknown, plan: Plan, at: number, node: PlanNode): unknown {
  if (!isDuetError(error)) return error;
  const what = node.kind === 'op' ? node.op : node.kind;
  const where = plan.name === '' ? 'a plan' : `plan ${quotedText(plan.name)}`;
  return new DuetError(error.code, {
    detail: `In node ${at} (${what}) of ${where}: ${error.message}`,
    hint: '',
    cause: error,
  });
}

export function showMeta(meta: TensorMeta | undefined): string {
  return meta === undefined ? 'nothing' : `${meta.dtype} ${showShape(meta.shape)}`;
}
