import type { Sensitivity } from '../types.ts';

/**
 * What a name says about the data behind it. Words are whole words of the name: "product-images" holds no "prod".
 * First match wins. A policy's own map comes before this one.
 */
export const SENSITIVE_WORDS: readonly { readonly words: readonly string[]; readonly level: Sensitivity; readonly label: string }[] = [
  {
    words: ['secret', 'secrets', 'credential', 'credentials', 'password', 'passwords', 'kms', 'vault', 'keys'],
    level: 'restricted',
    label: 'secrets',
  },
  { words: ['payroll', 'salary', 'salaries', 'hr', 'personnel'], level: 'restricted', label: 'staff data' },
  {
    words: ['pii', 'gdpr', 'phi', 'hipaa', 'patient', 'patients', 'medical', 'health', 'ssn', 'passport', 'passports'],
    level: 'restricted',
    label: 'personal data',
  },
  {
    words: ['customer', 'customers', 'user', 'users', 'member', 'members', 'subscriber', 'subscribers'],
    level: 'restricted',
    label: 'customer data',
  },
  {
    words: ['payment', 'payments', 'billing', 'invoice', 'invoices', 'card', 'cards', 'pci', 'bank', 'ledger'],
    level: 'restricted',
    label: 'payment data',
  },
  {
    words: ['backup', 'backups', 'snapshot', 'snapshots', 'dump', 'dumps', 'tfstate', 'terraform', 'state'],
    level: 'restricted',
    label: 'backups',
  },
  { words: ['audit', 'cloudtrail', 'trail', 'compliance', 'forensics'], level: 'confidential', label: 'audit records' },
  { words: ['prod', 'production', 'prd', 'live'], level: 'confidential', label: 'production' },
  {
    words: ['finance', 'financial', 'legal', 'contracts', 'confidential', 'private', 'internal'],
    level: 'confidential',
    label: 'company data',
  },
  { words: ['log', 'logs', 'logging'], level: 'confidential', label: 'logs' },
  { words: ['public', 'website', 'static', 'cdn', 'www'], level: 'public', label: 'public content' },
];
