/** British forms of words that the repository spells the American way. */

const words = [
  ...[
    'colour',
    'neighbour',
    'behaviour',
    'favour',
    'honour',
    'flavour',
    'labour',
    'rumour',
    'vapour',
    'harbour',
    'endeavour',
  ],
  ...['centre', 'metre', 'litre', 'fibre', 'theatre', 'calibre'],
  ...[
    'initialis',
    'optimis',
    'normalis',
    'serialis',
    'organis',
    'recognis',
    'utilis',
    'summaris',
    'minimis',
    'maximis',
  ],
  ...[
    'regularis',
    'visualis',
    'quantis',
    'randomis',
    'customis',
    'specialis',
    'generalis',
    'memoris',
    'synchronis',
    'vectoris',
  ],
  ...['analyse', 'catalyse', 'paralyse', 'licence', 'defence', 'offence', 'pretence'],
  ...[
    'labelled',
    'labelling',
    'modelled',
    'modelling',
    'travelled',
    'cancelled',
    'cancelling',
    'signalled',
    'tunnelled',
    'levelled',
  ],
  ...[
    'catalogue',
    'analogue',
    'programme',
    'grey',
    'whilst',
    'amongst',
    'artefact',
    'fulfil(?!l)',
    'sceptic',
    'judgement',
    'ageing',
  ],
  ...['manoeuvre', 'mould', 'plough', 'storey', 'cheque', 'tyre', 'kerb', 'pyjama', 'aluminium', 'draught'],
];

/** Spellings of other people's software: sharp's options. */
const names = ['optimiseCoding', 'grey16'];

/** Matches a word that contains a British form. */
export const britishForms = new RegExp(`(?<![A-Za-z])(?!${names.join('|')})(?:${words.join('|')})\\w*`, 'gi');
