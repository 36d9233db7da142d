export { probe } from './scan';
