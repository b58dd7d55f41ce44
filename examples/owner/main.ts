import './owner-page';
