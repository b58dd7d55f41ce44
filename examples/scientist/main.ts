import './scientist-page';
