export { scanLines } from './scan';
