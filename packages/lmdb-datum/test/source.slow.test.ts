import { describeRequests } from './source-requests';

describeRequests(100_000);
