import { DuckDBInstance } from '@duckdb/node-api';
import { HEADER_FIELDS, HOURLY_TRIPLES, type OpenContender } from './contender.js';

/** Ways to ask DuckDB for the sum of the values. Each gives the sum and the count of the reads. */
export type DuckDBWay = 'split' | 'double' | 'decimal';

/**
 * DuckDB in memory.
 * @param way `split`: a line is one column, split by the query; `double` and `decimal`: a column for each
 *   field, the values of that type
 */
export async function openDuckDB(way: DuckDBWay, threads: number): Promise<OpenContender> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  return {
    sumFile: async (path) => {
      const reader = await connection.runAndReadAll(queryOf(way, path));
      const [sum, reads] = reader.getRows()[0]!;
      return { sum: String(sum), reads: Number(reads) };
    },
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function queryOf(way: DuckDBWay, path: string): string {
  const file = `'${path.replaceAll("'", "''")}'`;
  if (way === 'split') {
    const values = `string_split(line, ',')[17:-:3]::DOUBLE[]`;
    const lines = `read_csv(${file}, delim='\x01', header=false, quote='', escape='', auto_detect=false, columns={'line': 'VARCHAR'})`;
    return `SELECT sum(list_sum(v)), sum(len(v)) FROM (SELECT ${values} AS v FROM ${lines})`;
  }
  const type = way === 'double' ? 'DOUBLE' : 'DECIMAL(15,5)';
  const fields = [
    ...Array.from({ length: HEADER_FIELDS }, (_, k) => `'h${k}': 'VARCHAR'`),
    ...Array.from(
      { length: HOURLY_TRIPLES },
      (_, k) => `'t${k}': 'VARCHAR', 'q${k}': 'VARCHAR', 'v${k}': '${type}'`,
    ),
  ];
  const of = (term: (column: string) => string) =>
    Array.from({ length: HOURLY_TRIPLES }, (_, k) => term(`v${k}`)).join(' + ');
  const options = `delim=',', header=false, quote='', escape='', auto_detect=false, null_padding=true, parallel=true`;
  const table = `read_csv(${file}, ${options}, columns={${fields.join(', ')}})`;
  return `SELECT ${of((v) => `coalesce(sum(${v}), 0)`)}, ${of((v) => `count(${v})`)} FROM ${table}`;
}
