import { BOUNDS_MUTANTS } from './bounds-mutants.js';
import type { Mutant } from './mutant.js';
import { RUN_MUTANTS } from './run-mutants.js';

export const MUTANTS: readonly Mutant[] = [...RUN_MUTANTS, ...BOUNDS_MUTANTS];
