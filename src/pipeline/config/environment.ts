import type { Partner } from './partner-config.js';

/** Environment that a partner belongs to: its own name where none is given. */
export const environmentOf = ({ environment, name }: Partner): string => environment ?? name;

/** The partners that runs deliver to: those of the environment, or all where there is only one. */
export function partnersOf(partners: readonly Partner[], environment: string | undefined): Partner[] {
  const chosen = environment ?? (partners[0] === undefined ? undefined : environmentOf(partners[0]));
  return partners.filter((partner) => environmentOf(partner) === chosen && partner.url !== undefined);
}

/** What the schema cannot say of partners; one sentence for each problem. */
export function partnerProblems(
  partners: readonly Partner[],
  environment: string | undefined,
  hasListener: boolean,
): string[] {
  const problems: string[] = [];
  if (new Set(partners.map(({ name }) => name)).size < partners.length)
    problems.push('two partners have the same name.');
  for (const { name, mdn, mdnUrl, tls } of partners) {
    if (mdn === 'async' && (mdnUrl === undefined || !hasListener)) {
      const missing = mdnUrl === undefined ? 'its mdnUrl' : 'mdnListener';
      problems.push(`partner ${name} answers asynchronously, so ${missing} must say where receipts come in.`);
    }
    if ((tls?.key === undefined) !== (tls?.certificate === undefined))
      problems.push(`of partner ${name}, tls.key and tls.certificate are given together, or neither.`);
  }
  const known = [...new Set(partners.map(environmentOf))];
  if (known.length > 1 && environment === undefined)
    problems.push(`environment must name the one that runs deliver to: ${known.join(', ')}.`);
  if (known.length > 0 && environment !== undefined && !known.includes(environment))
    problems.push(`environment is "${environment}", but the partners are for ${known.join(', ')}.`);
  return problems;
}
