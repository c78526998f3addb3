<?php
header('Content-Type: application/json');
$values = [1, 2, 3];
echo json_encode(['values' => $values, 'sum' => array_sum($values)]);
