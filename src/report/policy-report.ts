import { formatDecimal } from '../model/decimal.js';
import type { PolicyCounts, VeeSettings } from '../pipeline/settle/vee-rules.js';
import { DEFAULT_POLICY, type Policy } from '../vee/policy.js';
import { CHECK_CODES, METHODS } from '../vee/slots.js';
import type { PolicyReport } from './run-report.js';

/** Slots by method, all policies together; methods that filled none are left out. */
export function methodCounts(policies: readonly PolicyCounts[]): Record<string, number> {
  const methods: Record<string, number> = {};
  for (const { slots } of policies) {
    for (const [i, count] of slots.entries()) {
      const method = METHODS[i % METHODS.length]!;
      if (count > 0) methods[method] = (methods[method] ?? 0) + count;
    }
  }
  return methods;
}

/** The policies that replaced anything, in the order of their names. */
export function policyReports(vee: VeeSettings, policies: readonly PolicyCounts[]): PolicyReport[] {
  return policies
    .map(({ policy, slots }) => ({
      policy,
      parameters: parametersOf(vee.policies[policy] ?? DEFAULT_POLICY),
      slots: countsByCheck(slots),
    }))
    .filter(({ slots }) => slots.length > 0)
    .sort((a, b) => (a.policy < b.policy ? -1 : 1));
}

/** Two checks of the code `vee/outage` are one in the report. */
function countsByCheck(slots: Float64Array): PolicyReport['slots'] {
  const counts = new Map<string, PolicyReport['slots'][number]>();
  for (const [i, count] of slots.entries()) {
    if (count === 0) continue;
    const check = CHECK_CODES[Math.floor(i / METHODS.length)]!;
    const method = METHODS[i % METHODS.length]!;
    const known = counts.get(`${check} ${method}`);
    if (known === undefined) counts.set(`${check} ${method}`, { check, method, count });
    else known.count += count;
  }
  return [...counts.values()];
}

/** Parameters that are decimals, kept as whole numbers of 0.00001. */
const DECIMALS = ['maximumKwh', 'sumTolerance', 'spikeFloor', 'spikeRatio', 'low', 'high'] as const;

function parametersOf(policy: Policy): Record<string, unknown> {
  const decimals = Object.fromEntries(DECIMALS.map((name) => [name, formatDecimal(policy[name])]));
  return { ...policy, ...decimals };
}
